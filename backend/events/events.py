"""Verbs of events: record one inside a transaction, get one, page through them."""

from collections.abc import Collection
from typing import Any

import orjson

from backend import pages
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.events import rows, shapes, sql
from backend.events.drafts import draft
from backend.events.reactions import Reaction

__all__ = ["draft", "find", "get", "record"]


async def record(ctx: Context, tx: Connection, type: str, obj: dict[str, Any], *, object_id: str | None = None,
                 previous: dict[str, Any] | None = None, concerns: Collection[Reaction] = ()) -> str:
    """Write an event and its outbox row inside the caller's transaction; returns its id `evt_…`.

    `obj` is the object's public JSON after the change, `previous` the old values of what changed, `concerns` see
    `draft`. The caller must hold the lock of the object's row: that keeps the sequence of events per object dense
    (invariant W7).
    """
    written = draft(ctx, type, obj, previous, object_id=object_id, concerns=concerns)
    rows.EVENT.check(written)
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

    Filters: `type` (exact, or a group such as `charge.*`), `types` (up to 20, excludes `type`), `created` {gte,
    lt}, `object_id` and `object_ids` (ours).
    """
    type, types = params.get("type"), params.get("types")
    if type and types:
        raise InvalidRequest("You may only specify one of these parameters: type, types.",
                             code="parameters_exclusive", param="types")
    group = type[:-1] if type and type.endswith(".*") else None
    args = {"env": ctx.env, "types": None if group else [type] if type else types or None, "prefix": group,
            "object_id": params.get("object_id"), "object_ids": params.get("object_ids"), **pages.cursor(params)}
    rows = await pages.rows(ctx, sql.FIND, args)
    return pages.page("/v1/events", params, rows, lambda row: shapes.event(row, livemode=ctx.livemode))
