"""One webhook endpoint: how it fares, what was sent to it and what it said, and sending something again."""

from typing import Any

from backend.context import Context
from backend.errors import InvalidRequest, NotFound
from backend.webhooks import deliveries, endpoints, health
from portal.layout import laid_out

Row = dict[str, Any]
LIMIT = 20
FILTERS = (("", "All"), ("succeeded", "Delivered"), ("pending", "Pending"), ("failed", "Failed"))


async def show(ctx: Context, query: Row) -> Row:
    """The endpoint with a page of its deliveries; `delivery` names the one whose attempts are shown."""
    found = await endpoints.get(ctx, query["id"])
    status = query.get("status") if query.get("status") in dict(FILTERS) else ""
    page = await deliveries.find(ctx, {"endpoint": found["id"], "status": status or None, "limit": LIMIT,
                                       "starting_after": query.get("after") or None})
    chosen = await _chosen(ctx, query, page["data"])
    return {"hook": found, "health": (await health.of(ctx, [found["id"]]))[found["id"]], "rows": page["data"],
            "filters": FILTERS, "status": status, "chosen": chosen,
            "attempts": await _attempts(ctx, chosen) if chosen else [],
            "older": page["data"][-1]["id"] if page["data"] and page["has_more"] else None,
            "did": "It is sent again. The attempt shows up here in a moment." if query.get("done") == "resent" else ""}


async def _attempts(ctx: Context, chosen: Row) -> list[Row]:
    """The attempts of a delivery, with what was answered laid out."""
    return [{**one, "response": laid_out(one["response"] or "")}
            for one in await deliveries.attempts(ctx, chosen["id"])]


async def _chosen(ctx: Context, query: Row, rows: list[Row]) -> Row | None:
    """The delivery that was asked for, else the newest; raises NotFound for one of another endpoint."""
    wanted = query.get("delivery")
    if not wanted:
        return rows[0] if rows else None
    found = next((one for one in rows if one["id"] == wanted), None) or await deliveries.get(ctx, wanted)
    if found["endpoint"] != query["id"]:
        raise NotFound("delivery", wanted)
    return found


async def resend(ctx: Context, form: Row) -> str:
    """POST …/resend: one more attempt of `delivery`, beside the automatic ones."""
    wanted = form.get("delivery")
    if not wanted:
        raise InvalidRequest("Choose the delivery that is to be sent again.", param="delivery")
    found = await deliveries.get(ctx, wanted)
    if found["endpoint"] != form["id"]:
        raise NotFound("delivery", wanted)
    async with ctx.transaction() as tx:
        await deliveries.resend(ctx, tx, wanted)
    return f"/{form['mode']}/developers/webhooks/{form['id']}?delivery={wanted}&done=resent"
