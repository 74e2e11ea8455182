"""One object of every kind that the API knows, made through the API: `one_of_each`."""

import io
import time
from collections.abc import Callable
from typing import Any

import httpx2
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


def _set_up(api: Api) -> stripe.SetupIntent:
    return api.setup_intents.create({"payment_method": CARD, "confirm": True,
                                     "mandate_data": {"customer_acceptance": {"type": "offline"}}})


def _soon(find: Callable[[], Any], card: str, api: Api) -> str:
    """What opens a moment after a charge of a card that is made for it."""
    paid = _intent(api, confirm=True, payment_method=card)
    until = time.monotonic() + 60
    while not (found := find().list({"payment_intent": paid.id}).data):
        assert time.monotonic() < until, f"nothing opened for {card}"
        time.sleep(0.1)
    return str(found[0].id)


def _product(api: Api) -> str:
    return api.products.create({"name": "Mug"}).id


def _price(api: Api) -> str:
    return api.prices.create({"currency": "usd", "unit_amount": 500, "product": _product(api)}).id


def _coupon(api: Api) -> str:
    return api.coupons.create({"percent_off": 10, "duration": "once"}).id


def _file(api: Api) -> str:
    content = io.BytesIO(b"%PDF-1.7")
    content.name = "evidence.pdf"
    return api.files.create({"purpose": "dispute_evidence", "file": content}).id


MAKERS: dict[str, Callable[[Api], str]] = {
    "card": lambda api: api.customers.create({"source": "tok_visa"}).default_source,
    "cbtxn": lambda api: api.customers.balance_transactions.create(api.customers.create().id, {
        "amount": 5, "currency": "usd"}).id,
    "ch": lambda api: _paid(api).latest_charge,
    "coupon": _coupon,
    "cs": _session,
    "ctoken": lambda api: api.test_helpers.confirmation_tokens.create({"payment_method": CARD}).id,
    "cus": lambda api: api.customers.create({"name": "Jenny"}).id,
    "dp": lambda api: _soon(lambda: api.disputes, "pm_card_createDispute", api),
    "evt": lambda api: (_intent(api), api.events.list({"limit": 1}).data[0].id)[1],
    "file": lambda api: _file(api),
    "link": lambda api: api.file_links.create({"file": _file(api)}).id,
    "issfr": lambda api: _soon(lambda: api.radar.early_fraud_warnings, "pm_card_createIssuerFraudRecord", api),
    "mandate": lambda api: _set_up(api).mandate,
    "pi": lambda api: _intent(api).id,
    "plink": lambda api: api.payment_links.create({"line_items": [{"price": _price(api), "quantity": 1}]}).id,
    "pm": lambda api: api.payment_methods.attach(CARD, {"customer": api.customers.create().id}).id,
    "price": _price,
    "prod": _product,
    "product": _product,
    "promo": lambda api: api.promotion_codes.create({"promotion": {
        "type": "coupon", "coupon": api.coupons.create({"percent_off": 10}).id}}).id,
    "re": lambda api: api.refunds.create({"payment_intent": _paid(api).id}).id,
    "txn": lambda api: api.charges.retrieve(_paid(api).latest_charge).balance_transaction,
    "setatt": lambda api: _set_up(api).latest_attempt,
    "seti": lambda api: api.setup_intents.create().id,
    "shr": lambda api: api.shipping_rates.create({"display_name": "Post", "type": "fixed_amount", "fixed_amount": {
        "amount": 300, "currency": "usd"}}).id,
    "txi": lambda api: api.customers.tax_ids.create(api.customers.create().id, {
        "type": "us_ein", "value": "12-3456789"}).id,
    "txr": lambda api: api.tax_rates.create({"display_name": "VAT", "percentage": 20, "inclusive": False}).id,
    "we": lambda api: api.webhook_endpoints.create({"url": "https://example.com/h",
                                                    "enabled_events": ["account.updated"]}).id,
}
"""By the prefix of the id."""


def one_of_each(client: stripe.StripeClient) -> dict[str, str]:
    """An id of every kind in the client's environment, by prefix."""
    return {prefix: make(client.v1) for prefix, make in MAKERS.items()}


def without_ids(answer: httpx2.Response, id: str) -> bytes:
    """The bytes of an answer, the id asked for and the request's own (in request_log_url) taken out."""
    return answer.content.replace(id.encode(), b"ID").replace(answer.headers["request-id"].encode(), b"REQUEST")
