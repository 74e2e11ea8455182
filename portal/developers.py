"""Keys, the account's API version, webhook endpoints and the latest events."""

from typing import Any

from backend.accounts import api_keys, environments
from backend.context import Context
from backend.events import events
from backend.versions import versions
from backend.webhooks import endpoints

Row = dict[str, Any]


async def index(ctx: Context, _: Row) -> Row:
    async with ctx.transaction() as tx:
        keys = await api_keys.find(tx, ctx.env, ctx.clock.now())
    hooks = await endpoints.find(ctx, {"limit": 20})
    latest = await events.find(ctx, {"limit": 15})
    return {"keys": keys, "hooks": hooks["data"], "events": latest["data"],
            "version": await environments.api_version(ctx), "known": versions.KNOWN[::-1], "latest": versions.LATEST}


async def set_version(ctx: Context, form: Row) -> str:
    """POST …/version: what requests without a Stripe-Version get; empty for always the newest."""
    await environments.set_api_version(ctx, form.get("version") or None)
    return f"/{form['mode']}/developers"
