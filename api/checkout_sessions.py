"""/v1/checkout/sessions"""

from typing import Any

from api.endpoint import Routes, local, read
from api.params import PAGE, Table
from api.structures import Array, Hash, Metadata
from api.types import Choice, Currency, Email, Integer, Text, Url
from backend import money
from backend.checkout_sessions import sessions
from backend.checkout_sessions.parameters import ITEMS_MAX, QUANTITY_MAX
from backend.context import Context
from backend.db import Connection

Params = dict[str, Any]
_ITEM = Hash({
    "price_data": Hash({
        "currency": Currency(required=True),
        "unit_amount": Integer(max=money.AMOUNT_MAX, required=True),
        "product_data": Hash({"name": Text(max=250, required=True), "description": Text(max=5000),
                              "images": Array(Url(), max=8), "metadata": Metadata()}, required=True),
        "tax_behavior": Choice(("exclusive", "inclusive", "unspecified")),
    }, required=True),
    "quantity": Integer(min=1, max=QUANTITY_MAX, required=True),
})
CREATE = Table({
    "mode": Choice(("payment",), required=True),
    "line_items": Array(_ITEM, max=ITEMS_MAX, required=True),
    "success_url": Url(required=True), "cancel_url": Url(),
    "customer": Text(max=100), "customer_email": Email(), "client_reference_id": Text(max=200),
    "currency": Currency(), "metadata": Metadata(), "expires_at": Integer(), "locale": Text(max=16),
    "submit_type": Choice(("auto", "book", "donate", "pay")),
    "billing_address_collection": Choice(("auto", "required")),
    "ui_mode": Choice(("hosted", "hosted_page")),
    "payment_method_types": Array(Choice(("card",)), max=20),
    "allowed_payment_method_types": Array(Choice(("card",)), max=20),
    "payment_intent_data": Hash({
        "metadata": Metadata(), "description": Text(max=1000), "receipt_email": Email(),
        "capture_method": Choice(("automatic", "automatic_async", "manual")),
        "statement_descriptor": Text(max=22),
    }),
})
FIND = Table({**PAGE, "payment_intent": Text(max=100), "customer": Text(max=100),
              "status": Choice(("open", "complete", "expired"))})
ITEMS = Table(PAGE)


async def create(ctx: Context, tx: Connection, params: Params) -> Params:
    return await sessions.create(ctx, tx, params)


async def get(ctx: Context, params: Params, id: str) -> Params:
    return await sessions.get(ctx, id)


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
                      about="Create a page on which a shopper pays; its address is in url."),
    },
    "/v1/checkout/sessions/{id}": {
        "GET": read(get, returns="checkout.session", about="Retrieve a checkout session."),
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
