"""/v1/refunds"""

from typing import Any

from api.endpoint import Routes, read, staged
from backend.context import Context
from backend.fields.structures import Metadata, Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Amount, Choice, Id, Type
from backend.payments import charges
from backend.refunds import refunds

Params = dict[str, Any]
_OF_CHARGE: dict[str, Type] = {"amount": Amount(), "metadata": Metadata(),
                               "reason": Choice(("duplicate", "fraudulent", "requested_by_customer"))}
CREATE = Table({"payment_intent": Id("payment_intent"), "charge": Id("charge"), **_OF_CHARGE})
CREATE_OF_CHARGE = Table(_OF_CHARGE)
UPDATE = Table({"metadata": Metadata()})
FIND = Table({**PAGE, "charge": Id("charge"), "payment_intent": Id("payment_intent"),
              "created": Range()})


async def create(ctx: Context, params: Params) -> Params:
    return await refunds.create(ctx, params)


async def get(ctx: Context, params: Params, id: str) -> Params:
    return await refunds.get(ctx, id)


async def update(ctx: Context, params: Params, id: str) -> Params:
    return await refunds.update(ctx, id, params)


async def cancel(ctx: Context, params: Params, id: str) -> Params:
    return await refunds.cancel(ctx, id)


async def find(ctx: Context, params: Params) -> Params:
    return await refunds.find(ctx, params)


async def create_of(ctx: Context, params: Params, id: str) -> Params:
    return await refunds.create(ctx, {**params, "charge": id})


async def find_of(ctx: Context, params: Params, id: str) -> Params:
    found = await refunds.find(ctx, {**params, "charge": id}, url=f"/v1/charges/{id}/refunds")
    if not found["data"]:
        await charges.get(ctx, id)  # an unknown charge has no empty list
    return found


async def get_of(ctx: Context, params: Params, id: str, refund: str) -> Params:
    return await refunds.get_of(ctx, id, refund)


async def update_of(ctx: Context, params: Params, id: str, refund: str) -> Params:
    await refunds.get_of(ctx, id, refund)
    return await refunds.update(ctx, refund, params)

ROUTES: Routes = {
    "/v1/charges/{id}/refunds": {
        "GET": read(find_of, Table(PAGE), returns="refund", listed=True, about="List the refunds of a charge."),
        "POST": staged(create_of, CREATE_OF_CHARGE, returns="refund",
                       about="Give money of a charge back: the older way to create a refund."),
    },
    "/v1/charges/{id}/refunds/{refund}": {
        "GET": read(get_of, returns="refund", about="Retrieve a refund of a charge."),
        "POST": staged(update_of, UPDATE, returns="refund", about="Change the metadata of a refund of a charge."),
    },
    "/v1/refunds": {
        "GET": read(find, FIND, returns="refund", listed=True, about="List the refunds, newest first."),
        "POST": staged(create, CREATE, returns="refund", about="Give money of a charge back, all of it or a part."),
    },
    "/v1/refunds/{id}": {
        "GET": read(get, returns="refund", about="Retrieve a refund."),
        "POST": staged(update, UPDATE, returns="refund", about="Change the metadata of a refund."),
    },
    "/v1/refunds/{id}/cancel": {
        "POST": staged(cancel, returns="refund", about="Cancel a refund that still waits for your balance."),
    },
}
