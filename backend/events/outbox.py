"""The relay: carries events from the outbox to the deliveries of every subscribed endpoint (money rule 9).

The outbox is drained by flag, so a transaction that commits late is never passed over. Running twice is harmless:
rows are taken with SKIP LOCKED, and one event has one delivery per endpoint by a unique key.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import structlog

from backend.context import Runtime
from backend.events import sql

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
                   subscribers: Mapping[str, Subscriber] | None = None) -> Dispatched:
    """Dispatch about BATCH events of `env` in one statement, which is one commit.

    `subscribers` maps an event type to a verb of our own that must have run before merchants hear of the event. Only
    events of objects that such a verb can concern wait for it (`pay.event_awaited`); when the verb fails, its event
    stays in the outbox for the next sweep and holds up no other.
    """
    subscribers = subscribers or {}
    done = await _dispatch(runtime, env, livemode, subscribers, [])
    if done["awaited"] and (heard := await _tell(runtime, env, subscribers)):
        more = await _dispatch(runtime, env, livemode, subscribers, heard)
        done = {name: done[name] + more[name] for name in ("events", "deliveries")}
    return Dispatched(done["events"], done["deliveries"])


async def _dispatch(runtime: Runtime, env: int, livemode: bool, subscribers: Mapping[str, Subscriber],
                    heard: list[str]) -> dict[str, int]:
    done: dict[str, int] = await runtime.db.call(
        env, sql.DISPATCH, (env, BATCH, runtime.clock.now(), livemode, list(subscribers), heard))
    return done


async def _tell(runtime: Runtime, env: int, subscribers: Mapping[str, Subscriber]) -> list[str]:
    """Run the subscribers of the awaited events; returns the ids of those that were heard."""
    heard = []
    for row in await runtime.db.rows(env, sql.AWAITED, (env, list(subscribers), _AWAITED_MAX)):
        try:
            await subscribers[row["type"]](env, row["type"], row["object_id"], orjson.loads(row["data"]))
            heard.append(row["id"])
        except Exception:
            log.exception("event_subscriber_failed", env=env, event_id=row["id"], type=row["type"])
    return heard


@dataclass(frozen=True, slots=True)
class Work:
    """What waits in one environment."""

    env: int
    livemode: bool
    outbox: bool
    deliveries: bool
    attempts: bool


async def find_work(runtime: Runtime, now: datetime | None = None) -> list[Work]:
    """The environments in which something is due, for the sweeper; reads partial indexes only."""
    rows = await runtime.db.rows(0, sql.WITH_WORK, (now or runtime.clock.now(),))
    return [Work(**row) for row in rows]
