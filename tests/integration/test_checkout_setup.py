"""Checkout sessions in setup mode: a card is kept, nothing is charged."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.browser.shop import Shop
from tests.conformance import clients
from tests.stack import Stack

AUTHORIZE = "test-source-authorize-3ds"
NO_PAYMENT = ("amount_total", "amount_subtotal", "total_details", "payment_intent", "shipping_cost")


@pytest.fixture(scope="module")
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    one = Shop(stack)
    yield one
    await one.close()


async def opened(shop: Shop, **more: str) -> dict[str, Any]:
    answer = await shop.api("POST", "/v1/checkout/sessions", {
        "mode": "setup", "success_url": f"{shop.thanks}?session={{CHECKOUT_SESSION_ID}}", **more})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def save(shop: Shop, id: str, number: str = "4242424242424242", **more: Any) -> Any:
    return await shop.pay(id, await shop.token(id, number), **more)


async def get(shop: Shop, path: str) -> dict[str, Any]:
    found: dict[str, Any] = (await shop.api("GET", path)).json()
    return found


async def test_a_session_without_a_payment_has_no_amounts(shop: Shop) -> None:
    made = await opened(shop)
    assert {name: made[name] for name in NO_PAYMENT} == dict.fromkeys(NO_PAYMENT)
    assert (made["mode"], made["setup_intent"], made["payment_status"]) == ("setup", None, "unpaid")
    assert (await get(shop, f"/v1/checkout/sessions/{made['id']}/line_items"))["data"] == []
    page = (await shop.page(f"/c/{made['id']}")).text
    assert "Save card" in page
    assert "Total due" not in page


async def test_a_card_is_kept_for_the_customer_and_can_be_charged_later(shop: Shop) -> None:
    made = await opened(shop, customer_creation="always", **{"setup_intent_data[metadata][plan]": "gold",
                                                            "phone_number_collection[enabled]": "true"})
    answer = await save(shop, made["id"], phone="+44 20 7946 0958")
    assert answer.json()["status"] == "complete", answer.text
    done = await shop.look(made["id"])
    assert (done["status"], done["payment_status"], done["payment_intent"]) == (
        "complete", "no_payment_required", None)
    setup = await get(shop, f"/v1/setup_intents/{done['setup_intent']}")
    assert (setup["status"], setup["metadata"], setup["customer"]) == ("succeeded", {"plan": "gold"}, done["customer"])
    customer = await get(shop, f"/v1/customers/{done['customer']}")
    assert (customer["email"], customer["phone"]) == ("ada@example.com", "+442079460958")
    later = await shop.api("POST", "/v1/payment_intents", {
        "amount": "1500", "currency": "usd", "customer": done["customer"], "off_session": "true", "confirm": "true",
        "payment_method": setup["payment_method"]})
    assert later.json()["status"] == "succeeded", later.text
    told = await get(shop, "/v1/events?type=checkout.session.completed&limit=5")
    assert [one["data"]["object"]["id"] for one in told["data"]].count(made["id"]) == 1
    assert "Card saved" in (await shop.page(f"/c/{made['id']}")).text


async def test_a_declined_card_can_be_followed_by_another(shop: Shop) -> None:
    made = await opened(shop)
    refused = await save(shop, made["id"], "4000000000000002")
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "card_declined")
    setup = (await shop.look(made["id"]))["setup_intent"]
    assert (await save(shop, made["id"])).json()["status"] == "complete"
    assert (await shop.look(made["id"]))["setup_intent"] == setup


async def test_a_check_by_the_bank_waits_and_leads_back(shop: Shop) -> None:
    made = await opened(shop)
    answer = (await save(shop, made["id"], "4000002760003184")).json()
    assert answer["status"] == "requires_action"
    assert "/3ds/tdss_" in answer["url"]
    page = (await shop.page(f"/c/{made['id']}")).text
    assert answer["url"].rpartition("/")[2] in page
    assert (await shop.look(made["id"]))["status"] == "open"


async def test_a_session_is_completed_though_its_page_was_left(shop: Shop) -> None:
    made = await opened(shop)
    url = (await save(shop, made["id"], "4000002760003184")).json()["url"]

    def authenticate() -> None:
        """As a person does who closes the window at the end."""
        with clients.Shopper() as shopper:
            shopper.open(url)
            for contains, press in (("creq", ""), (AUTHORIZE, AUTHORIZE), ("cres", "")):
                assert shopper.submit(contains, press).status_code == 200, shopper.page

    await asyncio.to_thread(authenticate)
    for _ in range(200):
        if (await shop.look(made["id"]))["status"] == "complete":
            break
        await asyncio.sleep(0.05)
    done = await shop.look(made["id"])
    assert (done["status"], done["payment_status"]) == ("complete", "no_payment_required")
    assert (await get(shop, f"/v1/setup_intents/{done['setup_intent']}"))["status"] == "succeeded"


async def test_its_intent_is_not_confirmed_or_canceled_elsewhere(shop: Shop) -> None:
    made = await opened(shop)
    await save(shop, made["id"], "4000002760003184")
    setup = (await shop.look(made["id"]))["setup_intent"]
    for verb, data in (("/confirm", {"payment_method": "pm_card_visa"}), ("/cancel", {}),
                       ("", {"payment_method": "pm_card_visa"})):
        answer = await shop.api("POST", f"/v1/setup_intents/{setup}{verb}", data)
        assert answer.json()["error"]["code"] == "setup_intent_unexpected_state", verb
    assert (await shop.api("POST", f"/v1/setup_intents/{setup}", {"metadata[a]": "b"})).status_code == 200


async def test_expiring_cancels_the_setup_and_closes_the_page(shop: Shop) -> None:
    made = await opened(shop)
    await save(shop, made["id"], "4000002760003184")
    setup = (await shop.look(made["id"]))["setup_intent"]
    closed = await shop.api("POST", f"/v1/checkout/sessions/{made['id']}/expire")
    assert closed.json()["status"] == "expired", closed.text
    assert (await get(shop, f"/v1/setup_intents/{setup}"))["status"] == "canceled"
    assert (await save_again(shop, made["id"]))["status"] == "expired"


async def save_again(shop: Shop, id: str) -> Any:
    return (await shop.pay(id, "pm_card_visa")).json()


async def test_a_saved_session_cannot_be_expired(shop: Shop) -> None:
    made = await opened(shop)
    await save(shop, made["id"])
    answer = await shop.api("POST", f"/v1/checkout/sessions/{made['id']}/expire")
    assert answer.json()["error"]["code"] == "status_transition_invalid"


@pytest.mark.parametrize("name", [
    "line_items[0][price]", "discounts[0][coupon]", "allow_promotion_codes", "submit_type",
    "shipping_address_collection[allowed_countries][0]", "payment_intent_data[description]"])
async def test_what_belongs_to_a_payment_is_refused_by_name(shop: Shop, name: str) -> None:
    value = {"allow_promotion_codes": "true", "submit_type": "pay"}.get(name, "US")
    more = {"line_items[0][quantity]": "1"} if name.startswith("line") else {}
    answer = await shop.api("POST", "/v1/checkout/sessions", {"mode": "setup", "success_url": shop.thanks, name: value,
                                                              **more})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == name.partition("[")[0]


async def test_a_payment_needs_something_to_sell_and_sets_nothing_up(shop: Shop) -> None:
    base = {"mode": "payment", "success_url": shop.thanks}
    assert (await shop.api("POST", "/v1/checkout/sessions", base)).json()["error"]["param"] == "line_items"
    answer = await shop.api("POST", "/v1/checkout/sessions", base | {"setup_intent_data[description]": "x"})
    assert answer.json()["error"]["param"] == "setup_intent_data"
