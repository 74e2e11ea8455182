"""One object of every kind that the API knows, made through the API: `one_of_each`."""

import io
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


def _file(api: Api) -> str:
    content = io.BytesIO(b"%PDF-1.7")
    content.name = "evidence.pdf"
    return api.files.create({"purpose": "dispute_evidence", "file": content}).id


MAKERS: dict[str, Callable[[Api], str]] = {
    "ch": lambda api: _paid(api).latest_charge,
    "cs": _session,
    "cus": lambda api: api.customers.create({"name": "Jenny"}).id,
    "evt": lambda api: (_intent(api), api.events.list({"limit": 1}).data[0].id)[1],
    "file": lambda api: _file(api),
    "link": lambda api: api.file_links.create({"file": _file(api)}).id,
    "pi": lambda api: _intent(api).id,
    "pm": lambda api: api.payment_methods.attach(CARD, {"customer": api.customers.create().id}).id,
    "re": lambda api: api.refunds.create({"payment_intent": _paid(api).id}).id,
    "txn": lambda api: api.charges.retrieve(_paid(api).latest_charge).balance_transaction,
    "txr": lambda api: api.tax_rates.create({"display_name": "VAT", "percentage": 20, "inclusive": False}).id,
    "we": lambda api: api.webhook_endpoints.create({"url": "https://example.com/h",
                                                    "enabled_events": ["payout.paid"]}).id,
}
"""By the prefix of the id."""


def one_of_each(client: stripe.StripeClient) -> dict[str, str]:
    """An id of every kind in the client's environment, by prefix."""
    return {prefix: make(client.v1) for prefix, make in MAKERS.items()}
