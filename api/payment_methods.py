"""/v1/payment_methods: everything but the card number, which only the vault may see."""

from typing import Any

from api.endpoint import Routes, local, read
from api.payment_data import ACCOUNTS, CARD, TYPES
from backend.context import Context
from backend.customers import mandates, payment_methods
from backend.db import Connection
from backend.fields.structures import Hash, Metadata
from backend.fields.tables import BILLING, EXPIRY, PAGE, REDISPLAY, Table
from backend.fields.types import Choice, Id

Params = dict[str, Any]
CREATE = Table({
    "type": Choice(TYPES, required=True), "billing_details": BILLING, "metadata": Metadata(),
    "allow_redisplay": REDISPLAY,
    "card": CARD, **ACCOUNTS,
})
UPDATE = Table({"billing_details": BILLING, "metadata": Metadata(),
                "allow_redisplay": REDISPLAY,
                "card": Hash(EXPIRY)})
ATTACH = Table({"customer": Id("customer", required=True)})
FIND = Table({**PAGE, "allow_redisplay": REDISPLAY,
              "customer": Id("customer", required=True), "type": Choice(TYPES)})


async def made(ctx: Context, params: Params) -> dict[str, str]:
    """Before `create`: have the vault make a method of the token; raw numbers are refused."""
    return {"id": (await payment_methods.from_data(ctx, params, ""))["id"]}


async def create(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
    return await payment_methods.describe(ctx, tx, id, params)


async def known(ctx: Context, params: Params, id: str) -> dict[str, str]:
    """Before a change: an id that only the vault knows yet becomes a row of ours."""
    return {"id": (await payment_methods.load(ctx, id))["id"]}


async def get(ctx: Context, params: Params, id: str) -> Params:
    return await payment_methods.get(ctx, id)


async def renewed(ctx: Context, params: Params, id: str) -> Params:
    """Before `update`: the vault, which keeps the expiry, has it set."""
    known_id = (await known(ctx, params, id))["id"]
    card = await payment_methods.renewed(ctx, id, params["card"]) if "card" in params else None
    return {"id": known_id, "card": card}


async def update(ctx: Context, tx: Connection, params: Params, id: str, card: Params | None) -> Params:
    return await payment_methods.update(ctx, tx, id, params, card)


async def verified(ctx: Context, params: Params, id: str) -> dict[str, str]:
    """Before `attach`: the issuer says whether the card may be kept; one that is kept already is not asked about."""
    return {"id": await payment_methods.keepable(ctx, id)}


async def attach(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
    return await payment_methods.attach(ctx, tx, id, params["customer"])


async def detach(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
    shape = await payment_methods.detach(ctx, tx, id)
    await mandates.end(ctx, tx, [id])
    return shape


async def find(ctx: Context, params: Params) -> Params:
    return await payment_methods.find(ctx, params["customer"], params)

ROUTES: Routes = {
    "/v1/payment_methods": {
        "GET": read(find, FIND, returns="payment_method", listed=True,
                    about="List the payment methods of a customer, newest first."),
        "POST": local(create, CREATE, creates=True, before=made, returns="payment_method",
                      about="Create a payment method from a token; card numbers go to the vault only."),
    },
    "/v1/payment_methods/{id}": {
        "GET": read(get, returns="payment_method", about="Retrieve a payment method."),
        "POST": local(update, UPDATE, before=renewed, returns="payment_method",
                      about="Update what is known about a payment method."),
    },
    "/v1/payment_methods/{id}/attach": {
        "POST": local(attach, ATTACH, before=verified, returns="payment_method",
                      about="Save a payment method for a customer, after asking its issuer."),
    },
    "/v1/payment_methods/{id}/detach": {
        "POST": local(detach, before=known, returns="payment_method",
                      about="Take a payment method away from its customer, for good."),
    },
}
