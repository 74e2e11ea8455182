"""Approvals that came for messages which were settled as not done: undone at the acquirer until it says so.

Such an answer is written down with a timer before anything is sent, and the timer stays until an enquiry has found
that nothing is left of it, or a person says so (persons.py). Whoever dies, and however long the acquirer is silent, it
is not forgotten.
"""

import asyncio
from datetime import timedelta
from typing import Any

import structlog

from backend.accounts import environments
from backend.context import Context, Runtime
from backend.due import timers
from backend.due.kinds import Kind
from backend.due.timers import Timer
from backend.exchanges import attempts, engine, enquiries
from backend.exchanges.rows import Attempt

log = structlog.get_logger(__name__)
Row = dict[str, Any]

PAUSE_SECONDS = (5.0, 15.0, 60.0, 300.0, 900.0)
"""How long we wait after each try; after the last of them as long every time."""
_TOGETHER = 20
_UNDONE = ("tombstone", "reversed", "declined", "returned")
"""What the acquirer has when nothing of the message is left. That it does not know what it approved is no answer."""


async def undo_due(runtime: Runtime, env: int, limit: int) -> int:
    """Undo up to `limit` approvals of `env` that are due, side by side; returns how many were. Running it twice is
    harmless: an acquirer cancels a message once."""
    due = await timers.take(runtime, env, Kind.UNDOING, limit)
    if due:
        ctx = await environments.context(runtime, env, actor="reconciler")
        await asyncio.gather(*(_guarded(ctx, timer) for timer in due))
    return len(due)


async def now(ctx: Context, attempt: Attempt) -> None:
    """The same for one of them, whenever it is due."""
    await timers.at_once(ctx.runtime, ctx.env, Kind.UNDOING, [attempt.id])
    await undo_due(ctx.runtime, ctx.env, _TOGETHER)


async def _guarded(ctx: Context, timer: Timer) -> None:
    try:
        await _undo(ctx, timer)
    except Exception:  # one must not hold up the others; its lease runs out and it is tried again
        log.exception("undoing_failed", attempt=timer.object_id)


async def _undo(ctx: Context, timer: Timer) -> None:
    attempt = await attempts.get(ctx, timer.object_id)
    await engine.cancel(ctx, attempt, timer.lease)
    found = (await enquiries.ask(ctx, attempt))["found"]  # a cancel is believed by asking
    facts = {"attempt": attempt.id, "kind": attempt.kind, "payment": attempt.payment_id, "found": found}
    if found in _UNDONE:
        log.critical("approval_after_tombstone_undone", **facts)
        await attempts.say(ctx, attempt, "undone", f"asked: {found}")
        return
    log.critical("approval_after_tombstone_stands", **facts, tries=timer.lease)
    pause = PAUSE_SECONDS[min(timer.lease, len(PAUSE_SECONDS)) - 1]
    await timers.put_off(ctx.runtime, timer, ctx.clock.now() + timedelta(seconds=pause))
