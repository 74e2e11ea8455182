"""/v1/webhook_endpoints"""

from datetime import timedelta
from typing import Any

from api.endpoint import Routes, local, read
from backend.context import Context
from backend.db import Connection
from backend.fields.structures import Array, Metadata
from backend.fields.tables import PAGE, Table
from backend.fields.types import Boolean, Choice, Integer, Text, Type
from backend.webhooks import endpoints
from backend.webhooks.schedule import PROFILES

Params = dict[str, Any]
TYPES_MAX = 300
COMMON: dict[str, Type] = {"description": Text(max=5000, unset=True), "metadata": Metadata(),
                           "profile": Choice(tuple(PROFILES)), "standard_headers": Boolean()}
CREATE = Table({**COMMON, "url": Text(max=5000, required=True),
                "enabled_events": Array(Text(max=200), max=TYPES_MAX, required=True),
                "api_version": Text(max=50), "connect": Boolean()})
UPDATE = Table({**COMMON, "url": Text(max=5000), "enabled_events": Array(Text(max=200), max=TYPES_MAX),
                "disabled": Boolean()})
FIND = Table(PAGE)
ROLL = Table({"expires_in": Integer(max=604_800)})


async def create(ctx: Context, tx: Connection, params: Params) -> Params:
    return await endpoints.create(ctx, tx, params)


async def get(ctx: Context, params: Params, id: str) -> Params:
    return await endpoints.get(ctx, id)


async def update(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
    return await endpoints.update(ctx, tx, id, params)


async def delete(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
    return await endpoints.delete(ctx, tx, id)


async def roll_secret(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
    seconds = params.get("expires_in")
    return await endpoints.roll_secret(
        ctx, tx, id, overlap=endpoints.OVERLAP if seconds is None else timedelta(seconds=seconds))


async def find(ctx: Context, params: Params) -> Params:
    return await endpoints.find(ctx, params)


ROUTES: Routes = {
    "/v1/webhook_endpoints": {
        "GET": read(find, FIND, returns="webhook_endpoint", listed=True,
                    about="List the webhook endpoints, newest first."),
        "POST": local(create, CREATE, creates=True, secret=True, returns="webhook_endpoint",
                      about="Create a webhook endpoint; its signing secret is in this answer and in no other."),
    },
    "/v1/webhook_endpoints/{id}": {
        "GET": read(get, returns="webhook_endpoint", about="Retrieve a webhook endpoint, without its secret."),
        "POST": local(update, UPDATE, returns="webhook_endpoint",
                      about="Change a webhook endpoint, or turn it off and on."),
        "DELETE": local(delete, returns="webhook_endpoint",
                        about="Delete a webhook endpoint: nothing more is sent to it."),
    },
    "/v1/webhook_endpoints/{id}/roll_secret": {
        "POST": local(roll_secret, ROLL, secret=True, returns="webhook_endpoint",
                      about="Give the endpoint a new secret; the old one signs along for as long as asked."),
    },
}
