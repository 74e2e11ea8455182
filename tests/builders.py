"""One object of every kind that the API knows, made through the API: `one_of_each`."""

from collections.abc import Callable
from typing import Any

import stripe

Api = Any
CARD = "pm_card_visa"


def _intent(api: Api, **params: Any) -> stripe.PaymentIntent:
    return api.payment_intents.create({"amount": 1000, "currency": "usd", **params})


def _paid(api: Api) -> stripe.PaymentIntent:
    return _intent(api, confirm=True, payment_method=CARD)


def _session(api: Api) -> str:
    price = {"currency": "usd", "unit_amount": 500, "product_data": {"name": "Mug"}}
    return api.checkout.sessions.create({"mode": "payment", "success_url": "https://example.com/",
                                         "line_items": [{"price_data": price, "quantity": 1}]}).id


def _product(api: Api) -> str:
    return api.products.create({"name": "Mug"}).id


def _price(api: Api) -> str:
    return api.prices.create({"currency": "usd", "unit_amount": 500, "product": _product(api)}).id


def _coupon(api: Api) -> str:
    return api.coupons.create({"percent_off": 10, "duration": "once"}).id


MAKERS: dict[str, Callable[[Api], str]] = {
    "ch": lambda api: _paid(api).latest_charge,
    "co": _coupon,
    "coupon": _coupon,
    "cs": _session,
    "cus": lambda api: api.customers.create({"name": "Jenny"}).id,
    "evt": lambda api: (_intent(api), api.events.list({"limit": 1}).data[0].id)[1],
    "pi": lambda api: _intent(api).id,
    "plink": lambda api: api.payment_links.create({"line_items": [{"price": _price(api), "quantity": 1}]}).id,
    "pm": lambda api: api.payment_methods.attach(CARD, {"customer": api.customers.create().id}).id,
    "price": _price,
    "prod": _product,
    "product": _product,
    "promo": lambda api: api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": _coupon(api)}}).id,
    "re": lambda api: api.refunds.create({"payment_intent": _paid(api).id}).id,
    "shr": lambda api: api.shipping_rates.create({"display_name": "Post", "type": "fixed_amount",
                                                  "fixed_amount": {"amount": 500, "currency": "usd"}}).id,
    "txr": lambda api: api.tax_rates.create({"display_name": "VAT", "percentage": 20, "inclusive": False}).id,
    "we": lambda api: api.webhook_endpoints.create({"url": "https://example.com/h",
                                                    "enabled_events": ["payout.paid"]}).id,
}
"""By the prefix of the id."""


def one_of_each(client: stripe.StripeClient) -> dict[str, str]:
    """An id of every kind in the client's environment, by prefix."""
    return {prefix: make(client.v1) for prefix, make in MAKERS.items()}
