"""The official Python package drives products, prices, coupons, promotion codes and shipping rates."""

import asyncio
import time
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import stripe


def product(client: stripe.StripeClient, **more: Any) -> stripe.Product:
    return client.v1.products.create({"name": "Notebook", **more})


def test_a_product_lives(client: stripe.StripeClient) -> None:
    made = product(client, description="Plain", images=["https://shop.example/a.png"], metadata={"a": "1"},
                   shippable=True, url="https://shop.example/notebook", unit_label="book", type="good",
                   package_dimensions={"height": 1.5, "length": 2, "weight": 3, "width": 4},
                   marketing_features=[{"name": "Lies flat"}])
    assert client.v1.products.retrieve(made.id) == made
    assert (made.active, made.shippable, made.package_dimensions.height, made.default_price) == (True, True, 1.5, None)
    changed = client.v1.products.update(made.id, {"name": "Diary", "description": "", "url": "",
                                                    "metadata": {"b": "2"}})
    assert (changed.name, changed.description, changed.url) == ("Diary", None, None)
    assert changed.metadata.to_dict() == {"a": "1", "b": "2"}
    assert made.id in [one.id for one in client.v1.products.list({"ids": [made.id], "shippable": True}).data]
    assert client.v1.products.delete(made.id).deleted is True
    assert client.v1.products.retrieve(made.id).to_dict() == {"id": made.id, "object": "product", "deleted": True}
    told = {event.type for event in client.v1.events.list({"limit": 30}).data if event.data.object["id"] == made.id}
    assert told == {"product.created", "product.updated", "product.deleted"}


def test_a_product_comes_with_its_first_price_and_an_own_id(client: stripe.StripeClient) -> None:
    id = f"tea-{uuid4().hex[:8]}"
    made = product(client, id=id, default_price_data={"currency": "eur", "unit_amount_decimal": "12.5",
                                                      "recurring": {"interval": "month"}})
    assert made.id == id
    full = client.v1.products.retrieve(id, {"expand": ["default_price"]})
    price: Any = full.default_price
    assert (price.product, price.unit_amount, price.unit_amount_decimal, price.type) == (
        id, None, Decimal("12.5"), "recurring")
    assert (price.recurring.interval, price.recurring.interval_count, price.recurring.usage_type) == \
        ("month", 1, "licensed")
    again = client.v1.prices.retrieve(price.id, {"expand": ["product"]})
    assert again.product.id == id  # an own id is found by its field
    with pytest.raises(stripe.InvalidRequestError) as taken:
        product(client, id=id)
    assert (taken.value.code, taken.value.param) == ("resource_already_exists", "id")
    with pytest.raises(stripe.InvalidRequestError, match="one or more prices"):
        client.v1.products.delete(id)
    with pytest.raises(stripe.InvalidRequestError, match="default price"):
        client.v1.prices.update(price.id, {"active": False})
    other = client.v1.prices.create({"product": id, "currency": "eur", "unit_amount": 900})
    assert client.v1.products.update(id, {"default_price": other.id}).default_price == other.id
    assert client.v1.prices.update(price.id, {"active": False}).active is False
    with pytest.raises(stripe.InvalidRequestError) as archived:
        client.v1.products.update(id, {"default_price": price.id})
    assert archived.value.param == "default_price"
    found = client.v1.prices.list({"product": id, "active": True, "currency": "eur", "type": "one_time"})
    assert [one.id for one in found.data] == [other.id]
    found = client.v1.prices.list({"product": id, "recurring": {"interval": "month"}})
    assert [one.id for one in found.data] == [price.id]


def test_tiers_and_other_currencies_appear_when_they_are_expanded(client: stripe.StripeClient) -> None:
    made = client.v1.prices.create({
        "currency": "usd", "product_data": {"name": "Calls"}, "billing_scheme": "tiered", "tiers_mode": "graduated",
        "tiers": [{"up_to": 10, "unit_amount": 500}, {"up_to": "inf", "unit_amount_decimal": "2.5", "flat_amount": 1}],
        "currency_options": {"eur": {"tiers": [{"up_to": "inf", "unit_amount": 400}]}}})
    assert "tiers" not in made
    assert "currency_options" not in made
    full = client.v1.prices.retrieve(made.id, {"expand": ["tiers", "currency_options"]})
    assert [(one.up_to, one.unit_amount, one.unit_amount_decimal, one.flat_amount) for one in full.tiers] == \
        [(10, 500, Decimal("500"), None), (None, None, Decimal("2.5"), 1)]
    assert set(full.currency_options.to_dict()) == {"usd", "eur"}
    assert full.currency_options["eur"].tiers[0].unit_amount == 400
    listed = client.v1.prices.list({"product": made.product, "expand": ["data.tiers", "data.product"]}).data
    assert len(listed[0].tiers) == 2
    assert listed[0].product.name == "Calls"


def test_a_lookup_key_moves_from_price_to_price(client: stripe.StripeClient) -> None:
    key, thing = f"standard-{uuid4().hex}", product(client)
    first = client.v1.prices.create({"product": thing.id, "currency": "usd", "unit_amount": 1, "lookup_key": key})
    with pytest.raises(stripe.InvalidRequestError) as taken:
        client.v1.prices.create({"product": thing.id, "currency": "usd", "unit_amount": 2, "lookup_key": key})
    assert (taken.value.code, taken.value.param) == ("resource_already_exists", "lookup_key")
    second = client.v1.prices.create({"product": thing.id, "currency": "usd", "unit_amount": 2, "lookup_key": key,
                                      "transfer_lookup_key": True})
    assert [one.id for one in client.v1.prices.list({"lookup_keys": [key]}).data] == [second.id]
    assert client.v1.prices.retrieve(first.id).lookup_key is None


async def test_one_lookup_key_names_one_price_under_races(client: stripe.StripeClient) -> None:
    key, thing = f"raced-{uuid4().hex}", product(client)

    async def one() -> str:
        try:
            return str((await asyncio.to_thread(client.v1.prices.create, {
                "product": thing.id, "currency": "usd", "unit_amount": 1, "lookup_key": key})).id)
        except stripe.InvalidRequestError as error:
            return str(error.code)

    outcomes = await asyncio.gather(*(one() for _ in range(8)))
    assert sorted(one.startswith("price_") for one in outcomes) == [False] * 7 + [True]
    assert {one for one in outcomes if not one.startswith("price_")} == {"resource_already_exists"}


def test_a_price_changes_its_words_and_never_its_amount(client: stripe.StripeClient) -> None:
    made = client.v1.prices.create({"product": product(client).id, "currency": "usd", "unit_amount": 1000,
                                    "currency_options": {"eur": {"unit_amount": 900}}})
    changed = client.v1.prices.update(made.id, {
        "nickname": "Standard", "tax_behavior": "exclusive", "metadata": {"a": "b"},
        "currency_options": {"gbp": {"unit_amount": 800}}, "expand": ["currency_options"]})
    assert (changed.nickname, changed.tax_behavior) == ("Standard", "exclusive")
    assert {code: one["unit_amount"] for code, one in changed.currency_options.to_dict().items()} == \
        {"usd": 1000, "eur": 900, "gbp": 800}
    for params, param in (({"unit_amount": 2000}, "unit_amount"), ({"tax_behavior": "inclusive"}, "tax_behavior"),
                          ({"currency_options": {"eur": {"unit_amount": 1}}}, "currency_options[eur]")):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.prices.update(made.id, params)  # type: ignore[arg-type]
        assert refused.value.param == param


def test_a_coupon_lives(client: stripe.StripeClient) -> None:
    id = f"SPRING-{uuid4().hex[:6]}"
    thing = product(client)
    made = client.v1.coupons.create({"id": id, "percent_off": 12.5, "name": "Spring", "max_redemptions": 3,
                                     "applies_to": {"products": [thing.id]}, "metadata": {"a": "1"},
                                     "duration": "repeating", "duration_in_months": 3,
                                     "redeem_by": int(time.time()) + 5000})
    assert (made.id, made.percent_off, made.valid, made.times_redeemed, made.amount_off) == (id, 12.5, True, 0, None)
    assert "applies_to" not in made
    assert client.v1.coupons.retrieve(id, {"expand": ["applies_to"]}).applies_to.products == [thing.id]
    assert client.v1.coupons.update(id, {"name": "Summer", "metadata": ""}).name == "Summer"
    assert id in [one.id for one in client.v1.coupons.list({"limit": 5}).data]
    assert client.v1.coupons.delete(id).deleted is True
    assert client.v1.coupons.retrieve(id).deleted is True
    ours = client.v1.coupons.create({"amount_off": 500, "currency": "usd",
                                     "currency_options": {"eur": {"amount_off": 400}}})
    assert len(ours.id) == 8
    assert ours.duration == "once"
    full = client.v1.coupons.retrieve(ours.id, {"expand": ["currency_options"]})
    taken = {code: one["amount_off"] for code, one in full.currency_options.to_dict().items()}
    assert taken == {"usd": 500, "eur": 400}


def test_a_promotion_code_lives(client: stripe.StripeClient) -> None:
    coupon = client.v1.coupons.create({"percent_off": 10})
    word = f"Hello{uuid4().hex[:8]}"
    made = client.v1.promotion_codes.create({
        "promotion": {"type": "coupon", "coupon": coupon.id}, "code": word, "max_redemptions": 5,
        "restrictions": {"first_time_transaction": True, "minimum_amount": 1000, "minimum_amount_currency": "usd"}})
    assert (made.code, made.active, made.promotion.coupon, made.restrictions.minimum_amount) == \
        (word, True, coupon.id, 1000)
    full = client.v1.promotion_codes.retrieve(made.id, {"expand": ["promotion.coupon"]})
    assert full.promotion.coupon.percent_off == 10.0
    with pytest.raises(stripe.InvalidRequestError) as taken:
        client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": word.upper()})
    assert (taken.value.code, taken.value.param) == ("resource_already_exists", "code")
    assert [one.id for one in client.v1.promotion_codes.list({"code": word.lower(), "active": True}).data] == [made.id]
    assert client.v1.promotion_codes.update(made.id, {"active": False}).active is False
    assert client.v1.promotion_codes.list({"coupon": coupon.id, "active": True}).data == []
    second = client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": word})
    with pytest.raises(stripe.InvalidRequestError) as back:
        client.v1.promotion_codes.update(made.id, {"active": True})
    assert back.value.param == "code"
    assert second.active
    generated = client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}})
    assert generated.code == generated.code.upper()
    assert len(generated.code) == 8


def test_a_shipping_rate_lives(client: stripe.StripeClient) -> None:
    made = client.v1.shipping_rates.create({
        "display_name": "Express", "type": "fixed_amount", "tax_behavior": "exclusive",
        "fixed_amount": {"amount": 700, "currency": "usd", "currency_options": {"eur": {"amount": 600}}},
        "delivery_estimate": {"minimum": {"unit": "business_day", "value": 1},
                              "maximum": {"unit": "business_day", "value": 3}}})
    assert made.fixed_amount.currency_options["eur"].amount == 600
    assert (made.delivery_estimate.maximum.value, made.active, made.type) == (3, True, "fixed_amount")
    assert client.v1.shipping_rates.update(made.id, {"active": False, "metadata": {"a": "1"}}).active is False
    assert made.id in [one.id for one in client.v1.shipping_rates.list({"currency": "usd", "active": False}).data]


@pytest.mark.parametrize(("noun", "params", "param"), [
    ("prices", {"currency": "usd", "product": "x", "unit_amount": 1, "unit_amount_decimal": "1"},
     "unit_amount_decimal"),
    ("prices", {"currency": "usd", "product": "x"}, "unit_amount"),
    ("prices", {"currency": "usd", "unit_amount": 1}, "product"),
    ("prices", {"currency": "usd", "unit_amount": 1, "product": "prod_unknown"}, "product"),
    ("prices", {"currency": "usd", "product": "x", "tiers": [{"up_to": "inf", "unit_amount": 1}]}, "tiers_mode"),
    ("prices", {"currency": "usd", "product": "x", "tiers_mode": "volume", "tiers": [{"up_to": 5, "unit_amount": 1}]},
     "tiers[0][up_to]"),
    ("prices", {"currency": "usd", "product": "x", "tiers_mode": "volume",
                "tiers": [{"up_to": 5, "unit_amount": 1}, {"up_to": 5, "unit_amount": 1}, {"up_to": "inf"}]},
     "tiers[1][up_to]"),
    ("prices", {"currency": "usd", "product": "x", "tiers_mode": "volume", "tiers": [{"up_to": "inf"}]},
     "tiers[0][unit_amount]"),
    ("prices", {"currency": "usd", "product": "x", "unit_amount": -1}, "unit_amount"),
    ("prices", {"currency": "usd", "product": "x", "unit_amount": 1,
                "recurring": {"interval": "year", "interval_count": 4}}, "recurring[interval_count]"),
    ("prices", {"currency": "usd", "product": "x", "unit_amount": 1, "currency_options": {"usd": {"unit_amount": 1}}},
     "currency_options[usd]"),
    ("prices", {"currency": "usd", "product": "x", "unit_amount": 1, "currency_options": {
        "eur": {"tax_behavior": "exclusive"}}},
     "currency_options[eur][unit_amount]"),
    ("prices", {"currency": "usd", "product": "x", "custom_unit_amount": {"enabled": True, "minimum": 5, "maximum": 2}},
     "custom_unit_amount[maximum]"),
    ("products", {"name": ""}, "name"),
    ("products", {"name": "x", "default_price_data": {"currency": "usd"}}, "default_price_data[unit_amount]"),
    ("products", {"name": "x", "statement_descriptor": "12345"}, "statement_descriptor"),
    ("products", {"name": "x", "tax_code": "txcd_1"}, "tax_code"),
    ("coupons", {"percent_off": 0}, "percent_off"),
    ("coupons", {"percent_off": 101}, "percent_off"),
    ("coupons", {"amount_off": 5}, "currency"),
    ("coupons", {"amount_off": 5, "percent_off": 5, "currency": "usd"}, "percent_off"),
    ("coupons", {"percent_off": 5, "duration": "repeating"}, "duration_in_months"),
    ("coupons", {"percent_off": 5, "redeem_by": 5}, "redeem_by"),
    ("coupons", {"percent_off": 5, "applies_to": {"products": ["prod_unknown"]}}, "applies_to[products][0]"),
    ("promotion_codes", {"promotion": {"type": "coupon", "coupon": "unknown"}}, "promotion[coupon]"),
    ("promotion_codes", {"promotion": {"type": "coupon", "coupon": "x"}, "code": "a b"}, "code"),
    ("shipping_rates", {"display_name": "x"}, "fixed_amount"),
    ("shipping_rates", {"display_name": "x", "fixed_amount": {"amount": 1, "currency": "usd"}, "delivery_estimate": {
        "minimum": {"unit": "week", "value": 2}, "maximum": {"unit": "day", "value": 2}}}, "delivery_estimate"),
])
def test_what_is_wrong_is_named(client: stripe.StripeClient, noun: str, params: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        getattr(client.v1, noun).create(params)
    assert refused.value.param == param
    assert refused.value.user_message


async def test_no_price_is_made_for_a_product_that_is_being_deleted(client: stripe.StripeClient) -> None:
    for _ in range(5):
        thing = product(client)
        outcomes = await asyncio.gather(
            asyncio.to_thread(client.v1.products.delete, thing.id),
            asyncio.to_thread(client.v1.prices.create, {"product": thing.id, "currency": "usd", "unit_amount": 1}),
            return_exceptions=True)
        assert sum(isinstance(one, stripe.InvalidRequestError) for one in outcomes) == 1, outcomes
