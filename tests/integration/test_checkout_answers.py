"""The answers that a merchant gets are those of the try that paid, and codes are for whom they are meant."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.browser.shop import Shop
from tests.conformance import clients
from tests.stack import Stack

DECLINED, CHALLENGE = "4000000000000002", "4000002760003184"
HOME = {"shipping_name": "Ada Byron", "shipping_line1": "1 High Street", "shipping_city": "Hull",
        "shipping_country": "GB", "shipping_postal_code": "HU1 1AA"}
ELSEWHERE = HOME | {"shipping_name": "Mallory", "shipping_line1": "9 Other Street", "email": "mallory@example.com"}


@pytest.fixture(scope="module")
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    one = Shop(stack)
    yield one
    await one.close()


async def shipped(shop: Shop, **more: str) -> dict[str, Any]:
    return await shop.session(**{"shipping_address_collection[allowed_countries][0]": "GB", **more})


async def street(shop: Shop, id: str) -> tuple[str | None, str, str]:
    """Where the session and its payment ship to, and whose e-mail address it has."""
    found = await shop.look(id)
    details = found["collected_information"]["shipping_details"]
    intent = (await shop.api("GET", f"/v1/payment_intents/{found['payment_intent']}")).json()
    return details and details["address"]["line1"], intent["shipping"]["address"]["line1"], \
        found["customer_details"]["email"]


async def authenticate(url: str) -> None:
    def go() -> None:
        with clients.Shopper() as shopper:
            shopper.authenticate(url)

    await asyncio.to_thread(go)


async def test_a_try_that_failed_does_not_redirect_the_goods_of_one_that_pays(shop: Shop) -> None:
    session = await shipped(shop)
    challenge = (await shop.pay(session["id"], await shop.token(session["id"], CHALLENGE), **HOME)).json()
    assert (await shop.pay(session["id"], "pm_nosuch", **ELSEWHERE)).status_code == 400
    assert (await shop.pay(session["id"], await shop.token(session["id"]),
                           **ELSEWHERE | {"shipping_country": "FR"})).status_code == 400
    await authenticate(challenge["url"])
    assert (await shop.look(session["id"]))["status"] == "complete"
    assert await street(shop, session["id"]) == ("1 High Street", "1 High Street", "ada@example.com")


async def test_of_two_tries_the_one_that_pays_says_where_to(shop: Shop) -> None:
    session = await shipped(shop)
    await shop.pay(session["id"], await shop.token(session["id"], CHALLENGE), **HOME)
    paid = await shop.pay(session["id"], await shop.token(session["id"]), **ELSEWHERE)
    assert paid.json()["status"] == "complete"
    assert await street(shop, session["id"]) == ("9 Other Street", "9 Other Street", "mallory@example.com")


async def test_nothing_of_the_answers_is_shown_before_they_paid(shop: Shop) -> None:
    session = await shipped(shop, **{"phone_number_collection[enabled]": "true"})
    token = await shop.token(session["id"], DECLINED)
    assert (await shop.pay(session["id"], token, phone="+44 20 7946 0958", **HOME)).status_code == 402
    for path in (f"/c/{session['id']}", f"/c/{session['id']}/pay?payment_method=abc"):
        page = (await shop.page(path)).text
        assert "1 High Street" not in page
        assert "7946" not in page
    assert (await shop.look(session["id"]))["collected_information"]["shipping_details"] is None


async def test_many_who_fail_with_one_code_never_wait_for_each_other_in_a_circle(shop: Shop) -> None:
    coupon = (await shop.api("POST", "/v1/coupons", {"percent_off": "10", "duration": "once"})).json()["id"]
    code = (await shop.api("POST", "/v1/promotion_codes", {
        "promotion[type]": "coupon", "promotion[coupon]": coupon, "code": "CROWD"})).json()["id"]
    sessions = [await shop.session(**{"discounts[0][promotion_code]": code}) for _ in range(6)]
    tokens = {one["id"]: [await shop.token(one["id"], DECLINED) for _ in range(4)] for one in sessions}

    async def fail(id: str) -> list[int]:
        return [(await shop.pay(id, token)).status_code for token in tokens[id]]

    answers = await asyncio.gather(*(fail(one["id"]) for one in sessions))
    assert {status for row in answers for status in row} == {402}
    assert (await shop.api("GET", f"/v1/promotion_codes/{code}")).json()["times_redeemed"] == 0


async def test_a_code_for_the_first_order_is_looked_at_again_when_paying(shop: Shop) -> None:
    coupon = (await shop.api("POST", "/v1/coupons", {"percent_off": "50", "duration": "once"})).json()["id"]
    code = (await shop.api("POST", "/v1/promotion_codes", {
        "promotion[type]": "coupon", "promotion[coupon]": coupon, "code": "FIRST",
        "restrictions[first_time_transaction]": "true"})).json()["id"]
    customer = (await shop.api("POST", "/v1/customers", {"email": "ada@example.com"})).json()["id"]
    one, two = [await shop.session(customer=customer, **{"discounts[0][promotion_code]": code}) for _ in range(2)]
    assert (await shop.pay(one["id"], await shop.token(one["id"]))).json()["status"] == "complete"
    refused = await shop.pay(two["id"], await shop.token(two["id"]))
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "coupon_expired")
    assert await shop.charges(two["id"]) == []


async def test_a_guest_does_not_become_a_customer_by_failing_to_pay(shop: Shop) -> None:
    coupon = (await shop.api("POST", "/v1/coupons", {"percent_off": "50", "duration": "once"})).json()["id"]
    await shop.api("POST", "/v1/promotion_codes", {
        "promotion[type]": "coupon", "promotion[coupon]": coupon, "code": "NEWHERE",
        "restrictions[first_time_transaction]": "true"})
    session = await shop.session(allow_promotion_codes="true", customer_creation="always")
    assert (await shop.pay(session["id"], await shop.token(session["id"], DECLINED))).status_code == 402
    answer = await shop.page(f"/c/{session['id']}/order", "POST", data={"promotion_code": "NEWHERE"},
                             headers={"sec-fetch-site": "same-origin", "hx-request": "true"})
    assert "not valid for this order" in answer.text


@pytest.mark.parametrize(("percent", "total"), [("12.34", 87_700), ("10", 90_100)])
async def test_a_discount_leaves_an_amount_that_the_currency_has(shop: Shop, percent: str, total: int) -> None:
    coupon = (await shop.api("POST", "/v1/coupons", {"percent_off": percent, "duration": "once"})).json()["id"]
    session = await shop.session(100_100, "isk", **{"discounts[0][coupon]": coupon})
    assert session["amount_total"] == total
    assert (await shop.pay(session["id"], await shop.token(session["id"]))).json()["status"] == "complete"


async def test_a_total_that_the_currency_does_not_have_is_refused(shop: Shop) -> None:
    item = "line_items[0]"
    answer = await shop.api("POST", "/v1/checkout/sessions", {
        "mode": "payment", "success_url": shop.thanks, f"{item}[quantity]": "1", f"{item}[price_data][currency]": "isk",
        f"{item}[price_data][unit_amount]": "100150", f"{item}[price_data][product_data][name]": "Jersey"})
    assert answer.json()["error"]["code"] == "invalid_charge_amount"


@pytest.mark.parametrize("phone", ["3782.822463.10005", "3782 822463 10005", "+3782 8224 6310 005"])
async def test_a_card_number_is_no_phone_number(shop: Shop, phone: str) -> None:
    session = await shop.session(**{"phone_number_collection[enabled]": "true"})
    refused = await shop.pay(session["id"], await shop.token(session["id"]), phone=phone)
    assert refused.json()["error"]["code"] == "parameter_invalid_card_number"
    assert phone not in refused.text


async def test_a_text_that_is_emptied_is_no_text(shop: Shop) -> None:
    session = await shop.session(**{"custom_text[submit]": "", "custom_text[after_submit][message]": "Bye."})
    assert session["custom_text"]["submit"] is None
    assert session["custom_text"]["after_submit"] == {"message": "Bye."}


async def test_a_page_without_a_script_never_shows_a_card_number_again(shop: Shop) -> None:
    key = {"custom_fields[0][key]": "gift", "custom_fields[0][type]": "text", "custom_fields[0][label][type]": "custom",
           "custom_fields[0][label][custom]": "Gift note"}
    session = await shop.session(**key)
    token = await shop.token(session["id"])
    page = (await shop.page(f"/c/{session['id']}/pay?payment_method={token}")).text
    signed = page.split('name="token" value="')[1].split('"')[0]
    answer = await shop.page(f"/c/{session['id']}/confirm", "POST", data={
        "token": signed, "payment_method": token, "custom_gift": "4242 4242 4242 4242", "seen": "2000"})
    assert answer.status_code == 400
    assert "looks like a card number" in answer.text
    assert "4242 4242" not in answer.text
