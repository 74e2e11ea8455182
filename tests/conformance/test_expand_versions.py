"""What an answer shows can be expanded in it, whatever version shows it; what a discount took off is told."""

from typing import Any

import pytest

from tests.conformance import clients
from tests.stack import Stack

Json = dict[str, Any]


@pytest.fixture(scope="module")
def sold(stack: Stack) -> Json:
    """A session of 2 mugs less a quarter, with delivery; the ids of what it is made of."""
    api = clients.client(stack).v1
    product = api.products.create({"name": "Mug", "default_price_data": {"currency": "usd", "unit_amount": 500}})
    coupon = api.coupons.create({"percent_off": 25})
    code = api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}})
    rate = api.shipping_rates.create({"display_name": "Post", "type": "fixed_amount",
                                      "fixed_amount": {"amount": 300, "currency": "usd"}})
    session = api.checkout.sessions.create({
        "mode": "payment", "success_url": "https://example.com/", "discounts": [{"promotion_code": code.id}],
        "line_items": [{"price": product.default_price, "quantity": 2}],
        "shipping_address_collection": {"allowed_countries": ["US"]},
        "shipping_options": [{"shipping_rate": rate.id}]})
    return {"session": session.id, "coupon": coupon.id, "code": code.id, "rate": rate.id}


def _get(stack: Stack, path: str, version: str, *expand: str) -> Json:
    with clients.http(stack) as http:
        answer = http.get(f"/v1/{path}", params={"expand[]": list(expand)}, headers={"Stripe-Version": version})
        shown: Json = answer.json()
        assert answer.status_code == 200, shown
        return shown


def test_what_a_discount_took_off_is_told_when_it_is_asked_for(stack: Stack, sold: Json) -> None:
    shown = _get(stack, f"checkout/sessions/{sold['session']}", "2026-10-28.endive", "total_details.breakdown",
                 "line_items.data.discounts", "line_items.data.taxes")
    told = shown["total_details"]["breakdown"]
    assert (told["discounts"][0]["amount"], told["taxes"]) == (250, [])
    discount = told["discounts"][0]["discount"]
    assert (discount["object"], discount["source"]) == ("discount", {"type": "coupon", "coupon": sold["coupon"]})
    assert (discount["promotion_code"], discount["checkout_session"]) == (sold["code"], sold["session"])
    line = shown["line_items"]["data"][0]
    assert (line["discounts"], line["taxes"]) == (told["discounts"], [])
    plain = _get(stack, f"checkout/sessions/{sold['session']}", "2026-10-28.endive")
    assert "breakdown" not in plain["total_details"]


def test_the_expanded_breakdown_goes_deeper_and_into_older_forms(stack: Stack, sold: Json) -> None:
    deep = _get(stack, f"checkout/sessions/{sold['session']}", "2026-10-28.endive",
                "total_details.breakdown.discounts.discount")
    assert deep["total_details"]["breakdown"]["discounts"][0]["discount"]["id"].startswith("di_")
    old = _get(stack, f"checkout/sessions/{sold['session']}", "2024-06-20", "total_details.breakdown")
    discount = old["total_details"]["breakdown"]["discounts"][0]["discount"]
    assert (discount["coupon"]["id"], discount["coupon"]["percent_off"]) == (sold["coupon"], 25)
    assert "source" not in discount


@pytest.mark.parametrize("version", ["2025-08-27.basil", "2022-11-15", "2020-08-27"])
def test_a_promotion_code_carries_its_coupon_in_older_versions(stack: Stack, sold: Json, version: str) -> None:
    shown = _get(stack, f"promotion_codes/{sold['code']}", version)
    assert (shown["coupon"]["object"], shown["coupon"]["id"]) == ("coupon", sold["coupon"])
    assert "promotion" not in shown
    listed = _get(stack, "promotion_codes", version, "data.coupon.applies_to")
    assert all(one["coupon"]["object"] == "coupon" for one in listed["data"])
    inside = _get(stack, f"checkout/sessions/{sold['session']}", version, "discounts.promotion_code")
    assert inside["discounts"][0]["promotion_code"]["coupon"]["id"] == sold["coupon"]


def test_what_moved_is_expanded_where_older_versions_show_it(stack: Stack, sold: Json) -> None:
    paid = clients.client(stack).v1.payment_intents.create(
        {"amount": 900, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True})
    clients.client(stack).v1.refunds.create({"payment_intent": paid.id, "amount": 100})
    shown = _get(stack, f"payment_intents/{paid.id}", "2022-08-01", "charges.data.balance_transaction",
                 "charges.data.refunds", "invoice")
    charge = shown["charges"]["data"][0]
    assert (charge["balance_transaction"]["object"], charge["refunds"]["data"][0]["amount"]) == (
        "balance_transaction", 100)
    assert shown["invoice"] is None
    many = _get(stack, "payment_intents", "2022-08-01", "data.charges.data.balance_transaction", "data.invoice")
    assert many["data"][0]["charges"]["data"][0]["balance_transaction"]["object"] == "balance_transaction"
    assert _get(stack, f"charges/{charge['id']}", "2024-06-20", "invoice", "application_fee")["invoice"] is None
    old = _get(stack, f"checkout/sessions/{sold['session']}", "2020-08-27", "shipping_rate")
    assert (old["shipping_rate"]["object"], old["shipping_rate"]["id"]) == ("shipping_rate", sold["rate"])


@pytest.mark.parametrize(("path", "field"), [
    ("payment_intents/{}", "charges"), ("payment_intents/{}", "invoice")])
def test_what_only_older_versions_show_cannot_be_expanded_today(stack: Stack, path: str, field: str) -> None:
    made = clients.client(stack).v1.payment_intents.create({"amount": 900, "currency": "usd"})
    with clients.http(stack) as http:
        answer = http.get(f"/v1/{path.format(made.id)}", params={"expand[]": field})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "expand[0]")


def test_what_is_empty_here_is_expanded_to_nothing(stack: Stack) -> None:
    """One unbuilt path alone would stop a client that synchronises everything."""
    customer = clients.client(stack).v1.customers.create({"name": "Ada"})
    shown = _get(stack, f"customers/{customer.id}", "2026-10-28.endive", "subscriptions", "discount", "tax",
                 "cash_balance", "test_clock")
    assert {shown[name] for name in ("subscriptions", "discount", "tax", "cash_balance", "test_clock")} == {None}
