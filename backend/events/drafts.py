"""An event before it is written: one element of the array that `pay.events_write` takes."""

from collections.abc import Collection
from typing import Any

import orjson

from backend import ids
from backend.context import Context
from backend.events.reactions import Reaction, awaited
from backend.events.types import Type


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """`previous_attributes` of a change: the old values of exactly what changed, hashes entered, lists whole.

    What was not there before is null (contract section 10). Empty when nothing changed.
    """
    found = {}
    for name in before | after:
        old, new = before.get(name), after.get(name)
        if old != new:
            found[name] = changed(old, new) if isinstance(old, dict) and isinstance(new, dict) else old
    return found


def draft(ctx: Context, type: str, obj: dict[str, Any], previous: dict[str, Any] | None = None, *,
          object_id: str | None = None, concerns: Collection[Reaction] = ()) -> dict[str, Any]:
    """The element for `pay.events_write` (contract section 10): pure, so the hot path may build it beforehand.

    `obj` is the object's public JSON as it will be after the change, rendered here once and for good; `previous`
    holds the old values of exactly the attributes that changed (only for events about a change). `concerns` are the
    reactions that the object is the business of. Raises ValueError for what is no `types.Type`.
    """
    return {
        "id": ids.new("evt", ctx.env),
        "type": type,
        "object_id": object_id or obj["id"],
        "data": orjson.dumps(obj).decode(),
        "previous_attributes": None if previous is None else orjson.dumps(previous).decode(),
        "api_version": ctx.environment.api_version,
        "request_id": ctx.request_id,
        "idempotency_key": ctx.key.key if ctx.key else None,
        "created_at": ctx.clock.now().isoformat(),
        "awaits": awaited(Type(type), concerns),
    }
