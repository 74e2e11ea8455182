"""The end of a session that nobody completed: its timer is set when it is made and cancelled when it is closed."""

from datetime import timedelta

import structlog

from backend.accounts import environments
from backend.checkout_sessions import rows, sessions
from backend.checkout_sessions.states import Status
from backend.context import Context, Runtime
from backend.due import timers
from backend.due.kinds import Kind
from backend.due.timers import Timer
from backend.errors import InvalidRequest, Transient

log = structlog.get_logger(__name__)

RETRY_SECONDS = 60.0
"""When a session that is being paid at its end is looked at again."""


async def expire_due(runtime: Runtime, env: int, limit: int) -> int:
    """Close up to `limit` sessions of `env` that are past their time; returns how many were due. Safe to run any number
    of times."""
    due = await timers.take(runtime, env, Kind.SESSION, limit)
    if due:
        ctx = await environments.context(runtime, env, actor="sweeper")
        for timer in due:
            await _guarded(ctx, timer)
    return len(due)


async def _guarded(ctx: Context, timer: Timer) -> None:
    try:
        await _expire(ctx, timer)
    except (InvalidRequest, Transient) as error:  # being paid now, or settled by release
        log.info("checkout.not_expired", session=timer.object_id, reason=error.message)
        await timers.put_off(ctx.runtime, timer, ctx.clock.now() + timedelta(seconds=RETRY_SECONDS))
    except Exception:  # one session must not hold up the others; its lease runs out and it is looked at again
        log.exception("checkout.not_expired", session=timer.object_id)


async def _expire(ctx: Context, timer: Timer) -> None:
    row = await rows.read(ctx, timer.object_id)
    if row["status"] != Status.OPEN:
        await timers.drop(ctx.runtime, timer)
        return
    released = await sessions.release(ctx, timer.object_id)
    async with ctx.transaction() as tx:
        await sessions.expire(ctx, tx, timer.object_id, released)
