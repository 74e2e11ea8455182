"""The relay: carries events from the outbox to the deliveries of every subscribed endpoint (money rule 9).

The outbox is drained by flag, so a transaction that commits late is never passed over. Running twice is harmless:
rows are taken with SKIP LOCKED, and one event has one delivery per endpoint by a unique key.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import structlog

from backend.context import Runtime
from backend.events import sql
from backend.events.reactions import Reaction

log = structlog.get_logger(__name__)

BATCH = 100
_AWAITED_MAX = 20

Subscriber = Callable[[int, str, str, dict[str, Any]], Awaitable[None]]
"""Called as (env, type, object_id, object); must be idempotent, for it may hear of an event more than once."""


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What one call did: events taken from the outbox, deliveries made for them."""

    events: int
    deliveries: int


async def dispatch(runtime: Runtime, env: int, *, livemode: bool = False,
                   subscribers: Mapping[Reaction, Subscriber] | None = None) -> Dispatched:
    """Dispatch about BATCH events of `env` in one statement, which is one commit.

    `subscribers` has our own verb for each reaction (reactions.py). Merchants hear of an event when all verbs that it
    awaits have run; when one fails, or is one of a later release, the event stays in the outbox for the next sweep and
    holds up no other.
    """
    subscribers = subscribers or {}
    done = await _dispatch(runtime, env, livemode, [])
    if done["awaited"] and (heard := await _tell(runtime, env, subscribers)):
        more = await _dispatch(runtime, env, livemode, heard)
        done = {name: done[name] + more[name] for name in ("events", "deliveries")}
    return Dispatched(done["events"], done["deliveries"])


async def _dispatch(runtime: Runtime, env: int, livemode: bool, heard: list[str]) -> dict[str, int]:
    now = runtime.clock_of(env).now()
    done: dict[str, int] = await runtime.db.call(env, sql.DISPATCH, (env, BATCH, now, livemode, heard))
    return done


async def _tell(runtime: Runtime, env: int, subscribers: Mapping[Reaction, Subscriber]) -> list[str]:
    """Run what the awaited events await; returns the ids of those that were heard."""
    heard = []
    for row in await runtime.db.rows(env, sql.AWAITED, (env, _AWAITED_MAX)):
        try:
            for awaited in row["awaits"]:
                await subscribers[Reaction(awaited)](env, row["type"], row["object_id"], orjson.loads(row["data"]))
            heard.append(row["id"])
        except Exception:
            log.exception("event_subscriber_failed", env=env, event_id=row["id"], type=row["type"])
    return heard
