"""/v1/checkout/sessions"""

from typing import Any

from api import shipping_rates
from api.endpoint import Routes, local, read
from api.prices import BEHAVIOR, EXACT, MINOR
from backend import countries
from backend.catalog.lines import QUANTITY_MAX
from backend.checkout_pages.answers import TEXT_MAX as FIELD_MAX
from backend.checkout_pages.shapes import KINDS, TEXTS
from backend.checkout_sessions import sessions
from backend.checkout_sessions.parameters import ITEMS_MAX, LOCALES
from backend.context import Context
from backend.db import Connection
from backend.fields.structures import Array, Hash, Metadata, Range
from backend.fields.tables import PAGE, SHIPPING, Table
from backend.fields.types import (
    Boolean,
    Choice,
    Currency,
    Descriptor,
    Email,
    Id,
    Integer,
    ReceiptEmail,
    Text,
    Type,
    Url,
)

Params = dict[str, Any]
PRICE_DATA = Hash({
    "currency": Currency(required=True), "product": Id("product"),
    "product_data": Hash({"name": Text(max=250, required=True), "description": Text(max=5000),
                          "images": Array(Url(), max=8), "metadata": Metadata(), "unit_label": Text(max=12)}),
    "tax_behavior": BEHAVIOR, "unit_amount": MINOR, "unit_amount_decimal": EXACT})
QUANTITY = Integer(min=1, max=QUANTITY_MAX, required=True)
_BOUND = Integer(max=QUANTITY_MAX)
ADJUSTABLE = Hash({"enabled": Boolean(required=True), "maximum": _BOUND, "minimum": _BOUND})
_ITEM = Hash({"price": Id("price"), "price_data": PRICE_DATA, "quantity": QUANTITY, "metadata": Metadata(),
              "adjustable_quantity": ADJUSTABLE})
PAYMENT: dict[str, Type] = {
    "statement_descriptor_suffix": Descriptor(), "metadata": Metadata(), "description": Text(max=1000),
    "transfer_group": Text(max=500),
    "capture_method": Choice(("automatic", "automatic_async", "manual")),
    "setup_future_usage": Choice(("off_session", "on_session"))}
SUBMIT = Choice(("auto", "book", "donate", "pay"))
ADDRESS = Choice(("auto", "required"))
CREATION = Choice(("always", "if_required"))
_LENGTH = Integer(min=0, max=FIELD_MAX)
_TYPED = Hash({"default_value": Text(max=FIELD_MAX), "maximum_length": _LENGTH, "minimum_length": _LENGTH})
_CUSTOM = Hash({
    "key": Text(max=200, required=True), "optional": Boolean(), "type": Choice(KINDS, required=True),
    "label": Hash({"custom": Text(max=50, required=True), "type": Choice(("custom",), required=True)}, required=True),
    "dropdown": Hash({"default_value": Text(max=100), "options": Array(Hash({
        "label": Text(max=100, required=True), "value": Text(max=100, required=True)}), max=200, required=True)}),
    "numeric": _TYPED, "text": _TYPED})
_COUNTRY = Choice(countries.SHIPPED)
_MESSAGE = Hash({"message": Text(max=1200, required=True)}, unset=True)
ASKS: dict[str, Type] = {
    "allow_promotion_codes": Boolean(),
    "consent_collection": Hash({
        "payment_method_reuse_agreement": Hash({"position": Choice(("auto", "hidden"), required=True)}),
        "promotions": Choice(("auto", "none")), "terms_of_service": Choice(("none", "required"))}),
    "custom_fields": Array(_CUSTOM, max=3), "custom_text": Hash(dict.fromkeys(TEXTS, _MESSAGE)),
    "phone_number_collection": Hash({"enabled": Boolean(required=True)}),
    "shipping_address_collection": Hash({"allowed_countries": Array(_COUNTRY, max=250, required=True)}, unset=True),
    "shipping_options": Array(Hash({"shipping_rate": Id("shipping_rate"),
                                    "shipping_rate_data": Hash(shipping_rates.FIELDS)}), max=5),
}
"""What the page asks beside the card: the same for sessions and payment links."""
_CARD = Array(Choice(("card",)), max=20)
CREATE = Table({
    "mode": Choice(("payment", "setup"), required=True),
    "line_items": Array(_ITEM, max=ITEMS_MAX),
    "setup_intent_data": Hash({"description": Text(max=1000), "metadata": Metadata()}),
    "success_url": Url(required=True), "cancel_url": Url(),
    "customer": Id("customer"), "customer_email": Email(), "client_reference_id": Text(max=200),
    "currency": Currency(), "metadata": Metadata(), "expires_at": Integer(), "locale": Choice(LOCALES),
    "submit_type": SUBMIT, "billing_address_collection": ADDRESS, "customer_creation": CREATION,
    "ui_mode": Choice(("hosted", "hosted_page")), "payment_method_types": _CARD, "allowed_payment_method_types": _CARD,
    "discounts": Array(Hash({"coupon": Id("coupon"), "promotion_code": Id("promotion_code")}), max=1),
    "payment_intent_data": Hash({**PAYMENT, "receipt_email": ReceiptEmail(), "shipping": SHIPPING}),
    **ASKS,
})
UPDATE = Table({"metadata": Metadata()})
FIND = Table({**PAGE, "payment_intent": Id("payment_intent"), "payment_link": Id("payment_link"),
              "customer": Id("customer"),
              "created": Range(), "status": Choice(("open", "complete", "expired"))})
ITEMS = Table(PAGE)


async def create(ctx: Context, tx: Connection, params: Params) -> Params:
    return await sessions.create(ctx, tx, params)


async def get(ctx: Context, params: Params, id: str) -> Params:
    return await sessions.get(ctx, id)


async def update(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
    return await sessions.update(ctx, tx, id, params)


async def find(ctx: Context, params: Params) -> Params:
    return await sessions.find(ctx, params)


async def line_items(ctx: Context, params: Params, id: str) -> Params:
    return await sessions.line_items(ctx, id, params)


async def released_first(ctx: Context, params: Params, id: str) -> dict[str, str]:
    """Before `expire`: the session's payment is cancelled, so that it cannot succeed after the session closed."""
    return {"id": id, "released": await sessions.release(ctx, id) or ""}


async def expire(ctx: Context, tx: Connection, params: Params, id: str, released: str) -> Params:
    return await sessions.expire(ctx, tx, id, released or None)

ROUTES: Routes = {
    "/v1/checkout/sessions": {
        "GET": read(find, FIND, returns="checkout.session", listed=True,
                    about="List the checkout sessions, newest first."),
        "POST": local(create, CREATE, creates=True, returns="checkout.session",
                      about="Create a page on which a shopper pays, or saves a card; its address is in url."),
    },
    "/v1/checkout/sessions/{id}": {
        "GET": read(get, returns="checkout.session", about="Retrieve a checkout session."),
        "POST": local(update, UPDATE, returns="checkout.session", about="Change the metadata of a checkout session."),
    },
    "/v1/checkout/sessions/{id}/expire": {
        "POST": local(expire, before=released_first, returns="checkout.session",
                      about="Close a checkout session that was not paid."),
    },
    "/v1/checkout/sessions/{id}/line_items": {
        "GET": read(line_items, ITEMS, returns="item", listed=True,
                    about="List what is sold in a checkout session."),
    },
}
