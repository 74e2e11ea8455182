"""The official Python package sells prices of the catalogue with checkout sessions, with discounts."""

from typing import Any

import pytest
import stripe
from stripe.checkout import Session


def price(client: stripe.StripeClient, amount: int = 1000, name: str = "Mug", **more: Any) -> Any:
    return client.v1.prices.create({"currency": "usd", "unit_amount": amount, "product_data": {"name": name}, **more})


def session(client: stripe.StripeClient, *prices: str, **more: Any) -> Session:
    return client.v1.checkout.sessions.create({
        "mode": "payment", "success_url": "https://shop.example/",
        "line_items": [{"price": one, "quantity": 3} for one in prices], **more})


def coupon(client: stripe.StripeClient, **more: Any) -> str:
    return client.v1.coupons.create({"duration": "once", **more}).id


def refused(client: stripe.StripeClient, *prices: str, **more: Any) -> tuple[str | None, str | None]:
    with pytest.raises(stripe.InvalidRequestError) as error:
        session(client, *prices, **more)
    return error.value.param, error.value.code


def test_prices_are_multiplied_by_their_quantities(client: stripe.StripeClient) -> None:
    tiers = client.v1.prices.create({
        "currency": "usd", "product_data": {"name": "Page"}, "billing_scheme": "tiered", "tiers_mode": "graduated",
        "tiers": [{"up_to": 2, "unit_amount": 100}, {"up_to": "inf", "unit_amount": 50, "flat_amount": 7}]})
    fraction = client.v1.prices.create({"currency": "usd", "unit_amount_decimal": "33.5",
                                        "product_data": {"name": "Clip"}})
    made = session(client, price(client).id, tiers.id, fraction.id, expand=["line_items"])
    assert [item.amount_total for item in made.line_items.data] == [3000, 257, 101]
    assert (made.amount_subtotal, made.amount_total) == (3358, 3358)
    assert [item.price.id for item in made.line_items.data][1:] == [tiers.id, fraction.id]


def test_a_price_in_several_currencies_is_sold_in_the_one_asked(client: stripe.StripeClient) -> None:
    both = price(client, currency_options={"eur": {"unit_amount": 900}})
    assert (session(client, both.id).currency, session(client, both.id, currency="eur").amount_total) == ("usd", 2700)
    assert refused(client, both.id, currency="gbp")[0] == "currency"
    assert refused(client, both.id, price(client).id, currency="eur")[0] == "line_items[1][price]"


def test_a_percentage_is_shared_among_the_lines_to_the_last_cent(client: stripe.StripeClient) -> None:
    off = coupon(client, percent_off=33.3)
    made = session(client, price(client, 333).id, price(client, 111, "Cup").id, discounts=[{"coupon": off}],
                   expand=["line_items"])
    lines = made.line_items.data
    assert made.total_details.amount_discount == sum(line.amount_discount for line in lines) == 444  # 443.556
    assert (made.amount_subtotal, made.amount_total) == (1332, 888)
    assert all(line.amount_total == line.amount_subtotal - line.amount_discount for line in lines)
    assert [one.to_dict() for one in made.discounts] == [{"coupon": off, "promotion_code": None}]


def test_a_promotion_code_gives_its_coupons_discount(client: stripe.StripeClient) -> None:
    off = coupon(client, amount_off=500, currency="usd")
    code = client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": off}}).id
    made = session(client, price(client).id, discounts=[{"promotion_code": code}], expand=["discounts.promotion_code"])
    assert (made.amount_total, made.discounts[0].coupon, made.discounts[0].promotion_code.id) == (2500, off, code)


def test_a_coupon_for_some_products_leaves_the_others(client: stripe.StripeClient) -> None:
    mug, cup = price(client), price(client, 500, "Cup")
    off = coupon(client, percent_off=50, applies_to={"products": [cup.product]})
    made = session(client, mug.id, cup.id, discounts=[{"coupon": off}], expand=["line_items"])
    assert [line.amount_discount for line in made.line_items.data] == [0, 750]
    assert refused(client, mug.id, discounts=[{"coupon": off}])[0] == "discounts[0][coupon]"


def test_a_discount_that_does_not_hold_is_refused(client: stripe.StripeClient) -> None:
    mug, ten = price(client).id, coupon(client, percent_off=10)
    owner, other = client.v1.customers.create().id, client.v1.customers.create().id

    def code(**more: Any) -> list[dict[str, str]]:
        made = client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": ten}, **more})
        return [{"promotion_code": made.id}]

    where = "discounts[0][promotion_code]"
    mine = code(customer=owner)
    assert refused(client, mug, discounts=mine)[0] == refused(client, mug, discounts=mine, customer=other)[0] == where
    assert session(client, mug, discounts=mine, customer=owner).amount_total == 2700
    least = code(restrictions={"minimum_amount": 3001, "minimum_amount_currency": "usd"})
    assert refused(client, mug, discounts=least)[0] == where
    first = code(restrictions={"first_time_transaction": True})
    assert session(client, mug, discounts=first, customer=owner).amount_total == 2700
    client.v1.payment_intents.create({"amount": 900, "currency": "usd", "confirm": True, "customer": owner,
                                      "payment_method": "pm_card_visa"})
    assert refused(client, mug, discounts=first, customer=owner)[0] == where
    off = code()
    client.v1.promotion_codes.update(off[0]["promotion_code"], {"active": False})
    assert refused(client, mug, discounts=off) == (where, "coupon_expired")
    euros = coupon(client, amount_off=100, currency="eur")
    assert refused(client, mug, discounts=[{"coupon": euros}])[0] == "discounts[0][coupon]"
    assert refused(client, mug, discounts=[{"coupon": "none"}]) == ("discounts[0][coupon]", "resource_missing")
    assert refused(client, mug, discounts=[{"coupon": ten, **mine[0]}])[1] == "parameters_exclusive"
    assert refused(client, mug, discounts=[{"coupon": ten}, {"coupon": ten}])[1] == "parameter_invalid_array"
    whole = coupon(client, percent_off=100)
    assert refused(client, mug, discounts=[{"coupon": whole}])[1] == "amount_too_small"


def test_metadata_can_be_changed_and_nothing_else(client: stripe.StripeClient) -> None:
    made = session(client, price(client).id, metadata={"a": "1"})
    changed = client.v1.checkout.sessions.update(made.id, {"metadata": {"b": "2"}})
    assert changed.metadata.to_dict() == {"a": "1", "b": "2"}
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.checkout.sessions.update(made.id, {"success_url": "https://other.example"})
    assert (error.value.param, error.value.code) == ("success_url", "parameter_unknown")


def test_what_is_kept_for_the_payment_reaches_the_session(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as error:
        session(client, price(client).id, payment_intent_data={"on_behalf_of": "acct_1"})
    assert error.value.param == "payment_intent_data[on_behalf_of]"
    made = session(client, price(client).id, payment_intent_data={
        "description": "Mugs", "statement_descriptor_suffix": "MUGS", "transfer_group": "g"})
    assert made.status == "open"


def test_an_inline_price_is_a_price_of_its_own(client: stripe.StripeClient) -> None:
    data = {"currency": "usd", "unit_amount": 700, "product_data": {"name": "Tea", "metadata": {"leaf": "green"}}}
    made = client.v1.checkout.sessions.create({
        "mode": "payment", "success_url": "https://shop.example/", "line_items": [{"price_data": data, "quantity": 1}],
        "expand": ["line_items.data.price.product"]})
    line = made.line_items.data[0]
    assert (line.price.active, line.price.product.name, line.price.product.metadata["leaf"]) == (False, "Tea", "green")
    assert client.v1.prices.retrieve(line.price.id).unit_amount == 700
    told = [event for event in client.v1.events.list({"limit": 30}).data
            if event.data.object["id"] in (line.price.id, line.price.product.id)]
    assert told == []
    unknown = {"currency": "usd", "unit_amount": 700, "product": "prod_none"}
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.checkout.sessions.create({"mode": "payment", "success_url": "https://shop.example/",
                                            "line_items": [{"price_data": unknown, "quantity": 1}]})
    assert error.value.param == "line_items[0][price_data][product]"


def test_a_cursor_that_is_no_line_of_the_session_is_not_found(client: stripe.StripeClient) -> None:
    made = session(client, price(client).id)
    for cursor in ("starting_after", "ending_before"):
        with pytest.raises(stripe.InvalidRequestError) as error:
            client.v1.checkout.sessions.line_items.list(made.id, {cursor: "li_none"})
        assert (error.value.code, error.value.param, error.value.http_status) == ("resource_missing", cursor, 400)
