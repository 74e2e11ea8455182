"""An order that changes on its page: what it then costs, when it may change no more, and races with paying."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from backend.checkout_sessions.order import WRONG_CODES_MAX
from tests.browser.shop import Shop
from tests.stack import Stack

DECLINED = "4000000000000002"


@pytest.fixture(scope="module")
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    one = Shop(stack)
    yield one
    await one.close()


@pytest.fixture(scope="module")
async def coupon(shop: Shop) -> str:
    """A quarter off, by the code TEAROOM."""
    made = (await shop.api("POST", "/v1/coupons", {"percent_off": "25", "duration": "once"})).json()
    answer = await shop.api("POST", "/v1/promotion_codes", {
        "promotion[type]": "coupon", "promotion[coupon]": made["id"], "code": "TEAROOM"})
    assert answer.status_code == 200, answer.text
    return str(made["id"])


def way(index: int, name: str, amount: int) -> dict[str, str]:
    here = f"shipping_options[{index}][shipping_rate_data]"
    return {f"{here}[display_name]": name, f"{here}[type]": "fixed_amount",
            f"{here}[fixed_amount][amount]": str(amount), f"{here}[fixed_amount][currency]": "usd"}


async def opened(shop: Shop, **more: str) -> dict[str, Any]:
    ways = way(0, "Slow", 500) | way(1, "Fast", 1500)
    return await shop.session(**{"allow_promotion_codes": "true", **ways, **more})


async def change(shop: Shop, id: str, **said: str) -> str:
    """Post to the order as the page does; returns the part of the page that comes back."""
    answer = await shop.page(f"/c/{id}/order", "POST", data=said,
                             headers={"sec-fetch-site": "same-origin", "hx-request": "true"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def money(shop: Shop, id: str) -> tuple[int, int, int]:
    """(total, discount, shipping) of the session."""
    found = await shop.look(id)
    details = found["total_details"]
    assert found["amount_total"] == found["amount_subtotal"] - details["amount_discount"] + details["amount_shipping"]
    return found["amount_total"], details["amount_discount"], details["amount_shipping"]


async def charged(shop: Shop, id: str) -> list[int]:
    return [charge["amount"] for charge in await shop.charges(id)]


async def test_the_first_way_of_shipping_counts_until_another_is_chosen(shop: Shop) -> None:
    session = await opened(shop)
    assert await money(shop, session["id"]) == (2500, 0, 500)
    assert [one["shipping_amount"] for one in session["shipping_options"]] == [500, 1500]
    await change(shop, session["id"], shipping_rate=session["shipping_options"][1]["shipping_rate"])
    assert await money(shop, session["id"]) == (3500, 0, 1500)
    assert (await shop.look(session["id"]))["shipping_cost"]["shipping_rate"] == \
        session["shipping_options"][1]["shipping_rate"]


async def test_a_code_takes_its_share_off_the_lines_and_gives_it_back(shop: Shop, coupon: str) -> None:
    session = await opened(shop)
    assert "−$5.00" in await change(shop, session["id"], promotion_code=" tearoom ")
    assert await money(shop, session["id"]) == (2000, 500, 500)
    items = (await shop.api("GET", f"/v1/checkout/sessions/{session['id']}/line_items")).json()["data"]
    assert [(one["amount_discount"], one["amount_total"]) for one in items] == [(500, 1500)]
    assert (await shop.look(session["id"]))["discounts"][0]["coupon"] == coupon
    assert "−$" not in await change(shop, session["id"], remove_code="1")
    assert await money(shop, session["id"]) == (2500, 0, 500)


async def test_what_the_page_shows_is_what_is_charged(shop: Shop, coupon: str) -> None:
    session = await opened(shop)
    await change(shop, session["id"], promotion_code="TEAROOM")
    assert (await shop.pay(session["id"], await shop.token(session["id"]), seen="2000")).json()["status"] == "complete"
    assert await charged(shop, session["id"]) == [2000]
    assert (await shop.api("GET", f"/v1/coupons/{coupon}")).json()["times_redeemed"] >= 1


async def test_another_total_than_the_one_seen_is_not_charged(shop: Shop, coupon: str) -> None:
    session = await opened(shop)
    token = await shop.token(session["id"])
    await change(shop, session["id"], promotion_code="TEAROOM")
    refused = await shop.pay(session["id"], token, seen="2500")
    assert refused.status_code == 400, refused.text
    assert refused.json()["error"]["code"] == "order_changed"
    assert await charged(shop, session["id"]) == []
    assert (await shop.pay(session["id"], token, seen="2000")).json()["status"] == "complete"
    assert await charged(shop, session["id"]) == [2000]


async def test_after_a_decline_the_order_changes_and_its_payment_follows(shop: Shop, coupon: str) -> None:
    session = await opened(shop)
    assert (await shop.pay(session["id"], await shop.token(session["id"], DECLINED))).status_code == 402
    intent = (await shop.look(session["id"]))["payment_intent"]
    await change(shop, session["id"], promotion_code="TEAROOM")
    assert (await shop.api("GET", f"/v1/payment_intents/{intent}")).json()["amount"] == 2000
    assert (await shop.pay(session["id"], await shop.token(session["id"]), seen="2000")).json()["status"] == "complete"
    assert await charged(shop, session["id"]) == [2000]
    assert (await shop.look(session["id"]))["payment_intent"] == intent


async def test_an_order_that_is_being_paid_does_not_change(shop: Shop, coupon: str) -> None:
    session = await opened(shop)
    answer = (await shop.pay(session["id"], await shop.token(session["id"], "4000002760003184"))).json()
    assert answer["status"] == "requires_action"
    for said in ({"promotion_code": "TEAROOM"}, {"shipping_rate": session["shipping_options"][1]["shipping_rate"]}):
        assert "can no longer be changed" in await change(shop, session["id"], **said)
    assert await money(shop, session["id"]) == (2500, 0, 500)


async def test_a_session_that_is_over_does_not_change(shop: Shop, coupon: str) -> None:
    session = await opened(shop)
    await shop.api("POST", f"/v1/checkout/sessions/{session['id']}/expire")
    assert "can no longer be changed" in await change(shop, session["id"], promotion_code="TEAROOM")
    assert await money(shop, session["id"]) == (2500, 0, 500)


@pytest.mark.parametrize("said", [{"promotion_code": "NOSUCHCODE"}, {"shipping_rate": "shr_other"},
                                  {"promotion_code": "x" * 5000}, {"promotion_code": "\x00"}])
async def test_what_does_not_fit_changes_nothing_and_is_told(shop: Shop, said: dict[str, str]) -> None:
    session = await opened(shop)
    assert "not valid for this order" in await change(shop, session["id"], **said)
    assert await money(shop, session["id"]) == (2500, 0, 500)


async def test_codes_are_taken_only_where_the_merchant_said_so(shop: Shop, coupon: str) -> None:
    session = await shop.session()
    assert "not valid" in await change(shop, session["id"], promotion_code="TEAROOM")
    assert await money(shop, session["id"]) == (2000, 0, 0)
    theirs = await shop.session(**{"discounts[0][coupon]": coupon})
    await change(shop, theirs["id"], remove_code="1")
    assert await money(shop, theirs["id"]) == (1500, 500, 0), "the merchant's own discount stays"


async def adjustable(shop: Shop, **more: str) -> tuple[dict[str, Any], str]:
    """A session whose one item may be bought 2 to 5 times, and the item."""
    bounds = {f"line_items[0][adjustable_quantity][{name}]": value
              for name, value in (("enabled", "true"), ("minimum", "2"), ("maximum", "5"))}
    item = {"line_items[0][quantity]": "2", "line_items[0][metadata][shelf]": "7"}
    made = await opened(shop, **bounds, **item, **more)
    [line] = (await shop.api("GET", f"/v1/checkout/sessions/{made['id']}/line_items")).json()["data"]
    assert line["adjustable_quantity"] == {"enabled": True, "maximum": 5, "minimum": 2}
    assert line["metadata"] == {"shelf": "7"}
    return made, line["id"]


async def test_a_quantity_is_changed_within_its_bounds_and_charged(shop: Shop, coupon: str) -> None:
    session, item = await adjustable(shop)
    assert await money(shop, session["id"]) == (4500, 0, 500)
    await change(shop, session["id"], promotion_code="TEAROOM")
    await change(shop, session["id"], item=item, quantity="3")
    assert await money(shop, session["id"]) == (5000, 1500, 500)
    await change(shop, session["id"], item=item, quantity="3", step="-1")
    assert await money(shop, session["id"]) == (3500, 1000, 500)
    for quantity in ("1", "6", "-3", "x", "", "99999999999999999999"):
        assert "cannot be ordered" in await change(shop, session["id"], item=item, quantity=quantity)
    assert "cannot be ordered" in await change(shop, session["id"], item="li_other", quantity="3")
    await change(shop, session["id"], item=item, quantity="5")
    assert (await shop.pay(session["id"], await shop.token(session["id"]), seen="8000")).json()["status"] == "complete"
    assert await charged(shop, session["id"]) == [8000]


async def test_a_quantity_that_is_fixed_stays(shop: Shop) -> None:
    session = await opened(shop)
    [item] = (await shop.api("GET", f"/v1/checkout/sessions/{session['id']}/line_items")).json()["data"]
    assert "cannot be ordered" in await change(shop, session["id"], item=item["id"], quantity="2")
    assert await money(shop, session["id"]) == (2500, 0, 500)


async def test_the_merchants_own_discount_follows_the_quantity(shop: Shop, coupon: str) -> None:
    session, item = await adjustable(shop, **{"allow_promotion_codes": "false", "discounts[0][coupon]": coupon})
    await change(shop, session["id"], item=item, quantity="4")
    assert await money(shop, session["id"]) == (6500, 2000, 500)


async def test_guessing_codes_ends_after_some_tries(shop: Shop, coupon: str) -> None:
    session = await opened(shop)
    for number in range(WRONG_CODES_MAX):
        assert "not valid" in await change(shop, session["id"], promotion_code=f"GUESS{number}")
    assert "Too many codes" in await change(shop, session["id"], promotion_code="TEAROOM")
    assert await money(shop, session["id"]) == (2500, 0, 500)


async def test_a_code_that_leaves_less_than_a_card_can_pay_is_refused(shop: Shop) -> None:
    made = (await shop.api("POST", "/v1/coupons", {"percent_off": "100", "duration": "once"})).json()
    await shop.api("POST", "/v1/promotion_codes", {"promotion[type]": "coupon", "promotion[coupon]": made["id"],
                                                   "code": "ALLFREE"})
    session = await shop.session(allow_promotion_codes="true")
    assert "less than a card can pay" in await change(shop, session["id"], promotion_code="ALLFREE")
    assert await money(shop, session["id"]) == (2000, 0, 0)


async def test_another_site_cannot_change_an_order(shop: Shop, coupon: str) -> None:
    session = await opened(shop)
    answer = await shop.page(f"/c/{session['id']}/order", "POST", data={"promotion_code": "TEAROOM"},
                             headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code >= 400
    assert await money(shop, session["id"]) == (2500, 0, 500)


async def test_changes_and_payments_at_once_charge_once_and_what_the_session_says(shop: Shop, coupon: str) -> None:
    for _ in range(5):
        session = await opened(shop)
        token, fast = await shop.token(session["id"]), session["shipping_options"][1]["shipping_rate"]
        changes = ({"promotion_code": "TEAROOM"}, {"shipping_rate": fast}, {"remove_code": "1"})
        await asyncio.gather(*(shop.pay(session["id"], token) for _ in range(3)),
                             *(change(shop, session["id"], **said) for said in changes))
        total, _, _ = await money(shop, session["id"])
        assert await charged(shop, session["id"]) == [total]


@pytest.mark.parametrize("statement", [
    "UPDATE pay.checkout_session SET discount = NULL, amount_discount = 0, amount_total = 2500",
    "UPDATE pay.checkout_session SET amount_shipping = 0, amount_total = 1500",
    "UPDATE pay.checkout_session SET asks = '{}'",
    "UPDATE pay.checkout_session SET lines = NULL"])
async def test_the_database_keeps_what_was_paid(shop: Shop, stack: Stack, coupon: str, statement: str) -> None:
    session = await opened(shop)
    await change(shop, session["id"], promotion_code="TEAROOM")
    assert (await shop.pay(session["id"], await shop.token(session["id"]))).json()["status"] == "complete"
    with psycopg.connect(stack.urls.app) as conn:
        conn.execute("SELECT set_config('app.env', (SELECT id::text FROM core.environment LIMIT 1), false)")
        with pytest.raises(psycopg.Error, match="immutable"):
            conn.execute(f"{statement} WHERE id = %s", (session["id"],))


@pytest.mark.parametrize("change", [
    "amount_discount = 1900, amount_total = 600",
    """amount_discount = 1900, amount_total = 600, lines = '{"0": {"quantity": 1, "amount_subtotal": 2000,
       "amount_discount": 500, "amount_total": 1500}}'""",
    """amount_discount = 1900, amount_total = 600, lines = '{}'""",
    """amount_discount = 0, amount_total = 2500, lines = '{"0": {"quantity": 2, "amount_subtotal": 2000,
       "amount_discount": 0, "amount_total": 2000}}'"""])
async def test_sums_that_are_not_those_of_the_lines_are_no_row(shop: Shop, stack: Stack, change: str) -> None:
    session = await opened(shop)
    with psycopg.connect(stack.urls.app) as conn:
        conn.execute("SELECT set_config('app.env', (SELECT id::text FROM core.environment LIMIT 1), false)")
        with pytest.raises(psycopg.Error, match="do not add up"):
            conn.execute(f"UPDATE pay.checkout_session SET {change} WHERE id = %s", (session["id"],))


@pytest.mark.parametrize("amount", [0, 99999])
async def test_a_way_of_shipping_that_was_not_offered_is_no_row(shop: Shop, stack: Stack, amount: int) -> None:
    session = await (opened(shop) if amount == 0 else shop.session(allow_promotion_codes="true"))
    with psycopg.connect(stack.urls.app) as conn:
        conn.execute("SELECT set_config('app.env', (SELECT id::text FROM core.environment LIMIT 1), false)")
        with pytest.raises(psycopg.Error, match="shipping_is_offered"):
            conn.execute("UPDATE pay.checkout_session SET shipping_rate_id = coalesce(shipping_rate_id, 'shr_1'), "
                         "amount_shipping = %s, amount_total = 2000 + %s WHERE id = %s",
                         (amount, amount, session["id"]))
