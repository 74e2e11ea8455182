"""The log of API requests as people read it: a list with filters, and one request."""

from typing import Any

from backend.context import Context
from backend.errors import NotFound
from backend.requests import sql

Row = dict[str, Any]


async def find(ctx: Context, params: Row) -> tuple[list[Row], bool]:
    """Requests, newest first, and whether there are more.

    Filters: `status` (a number, or 2xx, 4xx, 5xx), `id`, `method`, `path` (its beginning), `object` (an id), `since`
    and `until` (moments); `starting_after` and `ending_before` are request ids. Raises NotFound for one of them that is
    not there (any more): from there the log would look empty.
    """
    for cursor in filter(None, (params.get("starting_after"), params.get("ending_before"))):
        await get(ctx, cursor)
    limit = params.get("limit") or 20
    status = str(params.get("status") or "")
    low, high = (int(status[0]) * 100, int(status[0]) * 100 + 99) if status.endswith("xx") else (status, status)
    args = {"env": ctx.env, "limit": limit + 1, "after": params.get("starting_after"),
            "before": params.get("ending_before"), "status_from": int(low) if low else None,
            "status_to": int(high) if high else None,
            **{name: params.get(name) or None for name in ("id", "method", "path", "object", "since", "until")}}
    rows = await ctx.db.rows(ctx.env, sql.REQUESTS.of(args), args)
    shown = rows[:limit]
    return (shown[::-1] if args["before"] else shown), len(rows) > limit


async def get(ctx: Context, id: str) -> Row:
    """One request with its parameters and its answer; raises NotFound."""
    rows = await ctx.db.rows(ctx.env, sql.REQUEST_GET, (ctx.env, id))
    if not rows:
        raise NotFound("request", id)
    return rows[0]
