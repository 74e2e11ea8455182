"""/v1/customers"""

from typing import Any

from api.customer_sources import NEW, brought
from api.endpoint import Routes, local, read
from backend import money
from backend.accounts import profiles
from backend.context import Context
from backend.customers import balances, customers, mandates, payment_methods, sources, tax_ids
from backend.customers.tax_id_types import TYPES
from backend.db import Connection
from backend.fields.structures import Array, Hash, Metadata, Range
from backend.fields.tables import ADDRESS, PAGE, REDISPLAY, SEARCH, SHIPPING, Table
from backend.fields.types import Choice, Email, Id, Integer, OwnId, Text, Type

Params = dict[str, Any]
TAX_ID: dict[str, Type] = {"type": Choice(TYPES, required=True), "value": Text(max=100, required=True)}
_FIELDS: dict[str, Type] = {
    "address": ADDRESS, "balance": Integer(min=-money.AMOUNT_MAX, max=money.AMOUNT_MAX),
    "description": Text(max=5000, unset=True), "email": Email(unset=True), "metadata": Metadata(),
    "name": Text(max=256, unset=True), "phone": Text(max=100, unset=True), "shipping": SHIPPING,
    "preferred_locales": Array(Text(max=35)),
    "tax_exempt": Choice(("exempt", "none", "reverse"), unset=True), "next_invoice_sequence": Integer(min=1, max=10**9),
    "invoice_prefix": Text(max=12, pattern="[A-Z0-9]{3,12}", hint="3 to 12 capital letters or digits"),
    "invoice_settings": Hash({
        "custom_fields": Array(Hash({"name": Text(max=40, required=True), "value": Text(max=140, required=True)}),
                               max=4, unset=True),
        "default_payment_method": Id("payment_method", unset=True), "footer": Text(max=5000, unset=True),
        "rendering_options": Hash({"amount_tax_display": Choice(("exclude_tax", "include_inclusive_tax"), unset=True),
                                   "template": Text(max=100, unset=True)}, unset=True)}),
    **NEW,
}
CREATE = Table({**_FIELDS, "id": OwnId(max=255), "payment_method": Id("payment_method"),
                "tax_id_data": Array(Hash(TAX_ID), max=5)},
               exclusive=(("source", "card"),))
UPDATE = Table({**_FIELDS, "default_source": Id("source")}, exclusive=(("source", "card", "default_source"),))
FIND = Table({**PAGE, "created": Range(), "email": Email()})
METHODS = Table({**PAGE, "allow_redisplay": REDISPLAY, "type": Choice(("card",))})


async def made(ctx: Context, params: Params) -> dict[str, str]:
    """Before `create`: the issuer says whether the cards that come along may be kept."""
    given = params.get("payment_method")
    return {"method": await payment_methods.keepable(ctx, given) if given else "", **await changed(ctx, params)}


async def changed(ctx: Context, params: Params, **path: str) -> dict[str, str]:
    """Before a change: the card that comes along, and in which currency a balance is."""
    currency = (await profiles.get(ctx))["default_currency"] if "balance" in params else ""
    return {**path, "card": await brought(ctx, params), "currency": currency}


async def create(ctx: Context, tx: Connection, params: Params, method: str, card: str, currency: str) -> Params:
    settings = params.get("invoice_settings") or {}
    if method and settings.get("default_payment_method") == params["payment_method"]:
        # the same name twice is the same method, also that of a test card, which is a new one each time
        params = params | {"invoice_settings": settings | {"default_payment_method": method}}
    shape = await customers.create(ctx, tx, params)
    for place, one in enumerate(params.get("tax_id_data") or ()):
        await tax_ids.create(ctx, tx, shape["id"], one, f"tax_id_data[{place}]")
    if method:
        await payment_methods.attach(ctx, tx, method, shape["id"])
    if (params.get("invoice_settings") or {}).get("default_payment_method"):
        await customers.check_default(ctx, tx, shape["id"], shape["invoice_settings"])
    return await _more(ctx, tx, shape, params, card, currency, "initial")


async def _more(ctx: Context, tx: Connection, shape: Params, params: Params, card: str, currency: str,
                type: str) -> Params:
    """What is a change of its own: the balance, and a source that takes the default's place."""
    if not card and "balance" not in params:
        return shape
    if "balance" in params:
        await balances.set_to(ctx, tx, shape["id"], params["balance"], currency, type)
    if card:
        await sources.keep(ctx, tx, shape["id"], card, replace=True)
    return await customers.shown(ctx, tx, shape["id"])


async def get(ctx: Context, params: Params, id: str) -> Params:
    return await customers.get(ctx, id)


async def update(ctx: Context, tx: Connection, params: Params, id: str, card: str, currency: str) -> Params:
    shape = await customers.update(ctx, tx, id, params)
    return await _more(ctx, tx, shape, params, card, currency, "adjustment")


async def delete(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
    stub = await customers.delete(ctx, tx, id)
    await mandates.end(ctx, tx, await payment_methods.detach_all(ctx, tx, id))
    return stub


async def find(ctx: Context, params: Params) -> Params:
    return await customers.find(ctx, params)


async def methods(ctx: Context, params: Params, id: str) -> Params:
    return await payment_methods.find(ctx, id, params, url=f"/v1/customers/{id}/payment_methods")


async def method(ctx: Context, params: Params, id: str, method: str) -> Params:
    return await payment_methods.get_of(ctx, id, method)


async def search(ctx: Context, params: Params) -> Params:
    return await customers.search(ctx, params)


ROUTES: Routes = {
    "/v1/customers/search": {
        "GET": read(search, SEARCH, returns="customer", listed=True, about="Search customers by a query."),
    },
    "/v1/customers": {
        "GET": read(find, FIND, returns="customer", listed=True, about="List the customers, newest first."),
        "POST": local(create, CREATE, creates=True, own_ids=True, before=made, returns="customer",
                      about="Create a customer."),
    },
    "/v1/customers/{id}": {
        "GET": read(get, returns="customer", about="Retrieve a customer."),
        "POST": local(update, UPDATE, before=changed, returns="customer", about="Update a customer."),
        "DELETE": local(delete, returns="customer",
                        about="Delete a customer for good; payments stay, saved payment methods are detached."),
    },
    "/v1/customers/{id}/payment_methods": {
        "GET": read(methods, METHODS, returns="payment_method", listed=True,
                    about="List the payment methods that a customer has."),
    },
    "/v1/customers/{id}/payment_methods/{method}": {
        "GET": read(method, returns="payment_method", about="Retrieve a payment method of a customer."),
    },
}
