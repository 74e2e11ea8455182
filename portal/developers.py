"""Keys, the account's API version, webhook endpoints and the latest events."""

from typing import Any

from backend.accounts import api_keys, environments
from backend.context import Context
from backend.events import events
from backend.versions import versions
from backend.webhooks import endpoints, health
from portal import keys as own_keys

Row = dict[str, Any]


async def index(ctx: Context, _: Row) -> Row:
    async with ctx.transaction() as tx:
        keys = await api_keys.find(tx, ctx.env, ctx.runtime.clock.now())
    hooks = await endpoints.find(ctx, {"limit": 20})
    latest = await events.find(ctx, {"limit": 15})
    fares = await health.of(ctx, [one["id"] for one in hooks["data"]]) if hooks["data"] else {}
    return {"keys": keys, "hooks": [{**one, "health": fares[one["id"]]} for one in hooks["data"]],
            "own_key": None if hooks["data"] else await own_keys.own(ctx), "events": latest["data"],
            "version": await environments.api_version(ctx), "known": versions.KNOWN[::-1], "latest": versions.LATEST}


async def set_version(ctx: Context, form: Row) -> str:
    """POST …/version: what requests without a Stripe-Version get; empty for always the newest."""
    await environments.set_api_version(ctx, form.get("version") or None)
    return f"/{form['mode']}/developers"
