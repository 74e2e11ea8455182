"""Many PaymentIntents at once: by their ids, by page, by a query."""

from collections.abc import Iterable
from typing import Any

from backend import pages
from backend import search as searching
from backend.context import Context
from backend.payments import sql
from backend.payments.intents import shape
from backend.payments.rows import Payment

Row = dict[str, Any]


async def many(ctx: Context, wanted: Iterable[str]) -> dict[str, Row]:
    """Intents by id, in one query."""
    rows = await ctx.db.rows(ctx.env, sql.MANY, (ctx.env, list(wanted)))
    return {row["row"]["id"]: shape(ctx, Payment.read(row["row"])) for row in rows}


async def find(ctx: Context, params: Row) -> dict[str, Any]:
    """A page of intents, newest first; filters `customer`, `created`, and `status` (ours, for the portal)."""
    args = {"env": ctx.env, "customer": params.get("customer"), "status": params.get("status"), **pages.cursor(params)}
    rows = await pages.rows(ctx, sql.FIND, args)
    return pages.page("/v1/payment_intents", params, rows,
                      lambda row: shape(ctx, Payment.read(row["row"])))


async def search(ctx: Context, params: Row) -> dict[str, Any]:
    """A page of intents that a query finds."""
    return await searching.find(ctx, sql.SEARCH_INTENTS, params, "/v1/payment_intents/search",
                                lambda row: shape(ctx, Payment.read(row["row"])))
