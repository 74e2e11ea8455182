"""Keys, webhook endpoints and the latest events."""

from typing import Any

from backend.accounts import api_keys
from backend.context import Context
from backend.events import events
from backend.webhooks import endpoints

Row = dict[str, Any]


async def index(ctx: Context, _: Row) -> Row:
    async with ctx.db.everywhere() as tx:
        keys = await api_keys.find(tx, ctx.env, ctx.clock.now())
    hooks = await endpoints.find(ctx, {"limit": 20})
    latest = await events.find(ctx, {"limit": 15})
    return {"keys": keys, "hooks": hooks["data"], "events": latest["data"]}
