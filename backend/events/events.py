"""Verbs of events: record one inside a transaction, get one, page through them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from backend import pages
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.events import shapes, sql
from backend.events.drafts import draft

__all__ = ["draft", "find", "get", "record"]

_YEAR_3000 = 32_503_680_000


async def record(ctx: Context, tx: Connection, type: str, obj: dict[str, Any], *, object_id: str | None = None,
                 previous: dict[str, Any] | None = None) -> str:
    """Write an event and its outbox row inside the caller's transaction; returns its id `evt_…`.

    `obj` is the object's public JSON after the change, `previous` the old values of what changed. The caller must
    hold the lock of the object's row: that keeps the sequence of events per object dense (invariant W7).
    """
    written = draft(ctx, type, obj, previous, object_id=object_id)
    await tx.execute(sql.WRITE, {"env": ctx.env, "events": orjson.dumps([written]).decode()})
    id: str = written["id"]
    return id


async def get(ctx: Context, id: str) -> dict[str, Any]:
    """One event; raises NotFound."""
    rows = await ctx.db.rows(ctx.env, sql.GET, (ctx.env, id))
    if not rows:
        raise NotFound("event", id)
    return shapes.event(rows[0], livemode=ctx.livemode)


async def find(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A page of events, newest first.

    Filters: `type` (exact, or a group such as `charge.*`), `types` (up to 20, excludes `type`), `created` (a second
    since 1970, or a map of gt, gte, lt, lte), `object_id` (ours).
    """
    type, types = params.get("type"), params.get("types")
    if type and types:
        raise InvalidRequest("You may only specify one of these parameters: type, types.",
                             code="parameters_exclusive", param="types")
    group = type[:-1] if type and type.endswith(".*") else None
    since, until = _bounds(params.get("created"))
    rows = await pages.rows(ctx, sql.FIND, params, pages.cursor(params) | {
        "env": ctx.env, "types": None if group else [type] if type else types or None, "prefix": group,
        "object_id": params.get("object_id"), "gt": since, "lt": until})
    return pages.page("/v1/events", params, rows, lambda row: shapes.event(row, livemode=ctx.livemode))


def _bounds(created: dict[str, Any] | int | str | None) -> tuple[datetime | None, datetime | None]:
    """Half-open bounds [since, until) of whole seconds."""
    if created is None:
        return None, None
    if not isinstance(created, dict):
        return _moment(created), _moment(created) + timedelta(seconds=1)
    second = timedelta(seconds=1)
    since = [_moment(created["gte"])] if "gte" in created else []
    since += [_moment(created["gt"]) + second] if "gt" in created else []
    until = [_moment(created["lt"])] if "lt" in created else []
    until += [_moment(created["lte"]) + second] if "lte" in created else []
    return max(since, default=None), min(until, default=None)


def _moment(value: int | str) -> datetime:
    text = str(value)
    if not text.isascii() or not text.isdigit() or len(text) > 11 or int(text) > _YEAR_3000:
        raise InvalidRequest(f"Invalid timestamp: must be an integer number of seconds since 1970: {text[:40]}",
                             code="parameter_invalid_integer", param="created")
    return datetime.fromtimestamp(int(text), UTC)
