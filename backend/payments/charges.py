"""Charges: read one, page through them. They are made by attempts."""

from collections.abc import Iterable
from typing import Any

from backend import pages
from backend import search as searching
from backend.context import Context
from backend.errors import NotFound
from backend.payments import shapes, sql


async def get(ctx: Context, id: str) -> dict[str, Any]:
    """The Charge object; raises NotFound."""
    rows = await ctx.db.rows(ctx.env, sql.CHARGE_GET, (ctx.env, id))
    if not rows:
        raise NotFound("charge", id)
    return shapes.charge(rows[0]["charge"], rows[0]["payment"], livemode=ctx.livemode)


async def many(ctx: Context, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Charges by id, in one query."""
    rows = await ctx.db.rows(ctx.env, sql.CHARGES, (ctx.env, list(wanted)))
    return {row["charge"]["id"]: shapes.charge(row["charge"], row["payment"], livemode=ctx.livemode) for row in rows}


async def of_intents(ctx: Context, intents: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The newest charges of each intent as a list, in one query: what API versions before 2022-11-15 show."""
    wanted = list(intents)
    rows = await ctx.db.rows(ctx.env, sql.CHARGES_OF_INTENTS, (ctx.env, wanted))
    found: dict[str, list[dict[str, Any]]] = {intent: [] for intent in wanted}
    for row in rows:
        found[row["payment"]["id"]].append(shapes.charge(row["charge"], row["payment"], livemode=ctx.livemode))
    return {intent: pages.page(f"/v1/charges?payment_intent={intent}", {}, some, lambda shape: shape)
            for intent, some in found.items()}


async def find(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A page of charges, newest first; filters `customer`, `payment_intent`."""
    args = {"env": ctx.env, "customer": params.get("customer"), "payment": params.get("payment_intent"),
            **pages.cursor(params)}
    rows = await pages.rows(ctx, sql.CHARGE_FIND, args)
    return pages.page("/v1/charges", params, [row["charge"] | {"_payment": row["payment"]} for row in rows],
                      lambda row: shapes.charge(row, row["_payment"], livemode=ctx.livemode))


async def search(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A page of charges that a query finds."""
    return await searching.find(ctx, sql.SEARCH_CHARGES, params, "/v1/charges/search", lambda row: shapes.charge(
        row["charge"], row["payment"], livemode=ctx.livemode))
