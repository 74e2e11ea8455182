"""/v1/payment_links"""

from dataclasses import replace
from typing import Any

from api.checkout_sessions import ADDRESS, ADJUSTABLE, ASKS, CREATION, PAYMENT, PRICE_DATA, QUANTITY, SUBMIT
from api.endpoint import Routes, read
from api.plain import routes
from backend.catalog.lines import QUANTITY_MAX
from backend.context import Context
from backend.fields.structures import Array, Hash, Metadata, Unset
from backend.fields.tables import PAGE, Table
from backend.fields.types import Boolean, Choice, Currency, Id, Integer, Moment, Text, Type, Url
from backend.payment_links import links

Params = dict[str, Any]
ITEMS_MAX = 20
_RESTRICTIONS = Hash({"completed_sessions": Hash({"limit": Integer(min=1, required=True)}, required=True)}, unset=True)
_CLEARED = ("description", "setup_future_usage", "statement_descriptor_suffix", "transfer_group")


def _clearable(kind: Any) -> Type:
    """The same type, but an empty text clears the value."""
    cleared: Type = replace(kind, unset=True)
    return cleared


_SHARED: dict[str, Type] = {
    "after_completion": Hash({
        "type": Choice(("hosted_confirmation", "redirect"), required=True),
        "hosted_confirmation": Hash({"custom_message": Text(max=500)}),
        "redirect": Hash({"url": Url(required=True)})}),
    **ASKS, **{name: _clearable(ASKS[name]) for name in ("custom_fields", "shipping_options")},
    "billing_address_collection": ADDRESS, "customer_creation": CREATION,
    "inactive_message": Text(max=500, unset=True), "metadata": Metadata(),
    "payment_intent_data": Hash(PAYMENT | {name: _clearable(PAYMENT[name]) for name in _CLEARED}),
    "payment_method_types": Unset(Array(Choice(("card",)), max=20)), "restrictions": _RESTRICTIONS,
    "submit_type": SUBMIT}
CREATE = Table({
    **_SHARED, "currency": Currency(), "expires_at": Moment(),
    "line_items": Array(Hash({"adjustable_quantity": ADJUSTABLE, "price": Id("price"), "price_data": PRICE_DATA,
                              "quantity": QUANTITY}), max=ITEMS_MAX, required=True)})
UPDATE = Table({
    **_SHARED, "active": Boolean(), "expires_at": Moment(unset=True),
    "line_items": Array(Hash({"id": Text(max=100, required=True), "adjustable_quantity": ADJUSTABLE,
                              "quantity": Integer(min=1, max=QUANTITY_MAX)}), max=ITEMS_MAX)})
FIND = Table({**PAGE, "active": Boolean()})


async def line_items(ctx: Context, params: Params, id: str) -> Params:
    return await links.line_items(ctx, id, params)

ROUTES: Routes = {
    **routes("/v1/payment_links", links, "payment_link", create=CREATE, update=UPDATE, find=FIND),
    "/v1/payment_links/{id}/line_items": {
        "GET": read(line_items, Table(PAGE), returns="item", listed=True, about="List what a payment link sells."),
    },
}
