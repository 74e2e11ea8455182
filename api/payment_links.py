"""/v1/payment_links"""

from typing import Any

from api.checkout_sessions import ADDRESS, ADJUSTABLE, ASKS, CREATION, PAYMENT, PRICE_DATA, QUANTITY, SUBMIT
from api.endpoint import Routes, read
from api.params import PAGE, Table
from api.plain import routes
from api.structures import Array, Hash, Metadata, Unset
from api.types import Boolean, Choice, Currency, Integer, Text, Type, Url
from backend.catalog.lines import QUANTITY_MAX
from backend.context import Context
from backend.payment_links import links

Params = dict[str, Any]
ITEMS_MAX = 20
_RESTRICTIONS = Hash({"completed_sessions": Hash({"limit": Integer(min=1, required=True)}, required=True)}, unset=True)
_SHARED: dict[str, Type] = {
    "after_completion": Hash({
        "type": Choice(("hosted_confirmation", "redirect"), required=True),
        "hosted_confirmation": Hash({"custom_message": Text(max=500)}),
        "redirect": Hash({"url": Url(required=True)})}),
    **ASKS, "billing_address_collection": ADDRESS, "customer_creation": CREATION, "inactive_message": Text(max=500),
    "metadata": Metadata(), "payment_intent_data": Hash(PAYMENT),
    "payment_method_types": Unset(Array(Choice(("card",)), max=20)), "restrictions": _RESTRICTIONS,
    "submit_type": SUBMIT}
CREATE = Table({
    **_SHARED, "currency": Currency(),
    "line_items": Array(Hash({"adjustable_quantity": ADJUSTABLE, "price": Text(max=100), "price_data": PRICE_DATA,
                              "quantity": QUANTITY}), max=ITEMS_MAX, required=True)})
UPDATE = Table({
    **_SHARED, "active": Boolean(),
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
