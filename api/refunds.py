"""/v1/refunds"""

from typing import Any

from api.endpoint import Routes, read, staged
from api.params import PAGE, Table
from api.structures import Metadata, Range
from api.types import Amount, Choice, Text
from backend.context import Context
from backend.payments import refunds

Params = dict[str, Any]
CREATE = Table({"payment_intent": Text(max=100), "charge": Text(max=100), "amount": Amount(), "metadata": Metadata(),
                "reason": Choice(("duplicate", "fraudulent", "requested_by_customer"))})
UPDATE = Table({"metadata": Metadata()})
FIND = Table({**PAGE, "charge": Text(max=100), "payment_intent": Text(max=100),
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

ROUTES: Routes = {
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
