"""The end of a session that nobody completed: its timer is set when it is made and cancelled when it is closed.

It may ring before the end, for a shopper who left at the bank's check (leaving.py).
"""

from datetime import datetime, timedelta
from typing import Any

import structlog

from backend.accounts import environments
from backend.checkout_sessions import leaving, rows, sessions
from backend.checkout_sessions.states import Status
from backend.context import Context, Runtime
from backend.due import timers
from backend.due.kinds import Kind
from backend.due.timers import Timer
from backend.errors import ApiError, InvalidRequest, Transient

log = structlog.get_logger(__name__)
Row = dict[str, Any]

RETRY_SECONDS = 60.0
"""When a session that is being paid at its end is looked at again."""


async def expire_due(runtime: Runtime, env: int, limit: int) -> int:
    """Close up to `limit` sessions of `env` that are past their time, free places whose shoppers left; returns how
    many were due. Safe to run any number of times."""
    due = await timers.take(runtime, env, Kind.SESSION, limit)
    if due:
        ctx = await environments.context(runtime, env, actor="sweeper")
        for timer in due:
            await _guarded(ctx, timer)
    return len(due)


async def _guarded(ctx: Context, timer: Timer) -> None:
    try:
        await _expire(ctx, timer)
    except (ApiError, InvalidRequest, Transient) as error:  # being paid now, settled by release, or the bank is silent
        log.info("checkout.not_expired", session=timer.object_id, reason=error.message)
        await timers.put_off(ctx.runtime, timer, ctx.clock.now() + timedelta(seconds=RETRY_SECONDS))
    except Exception:  # one session must not hold up the others; its lease runs out and it is looked at again
        log.exception("checkout.not_expired", session=timer.object_id)


async def _expire(ctx: Context, timer: Timer) -> None:
    row = await rows.read(ctx, timer.object_id)
    if row["status"] != Status.OPEN:
        await timers.drop(ctx.runtime, timer)
        return
    end = datetime.fromisoformat(row["expires_at"])
    if end > ctx.clock.now():
        again = await _free(ctx, row) or end
        await timers.put_off(ctx.runtime, timer, min(again, end))  # unless the shopper was seen, or tries again
        return
    released = await sessions.release(ctx, timer.object_id)
    async with ctx.transaction() as tx:
        await sessions.expire(ctx, tx, timer.object_id, released)


async def _free(ctx: Context, row: Row) -> datetime | None:
    """Give a place back whose shopper left at the bank's check; when to look again, None when nothing is held."""
    checked = await leaving.end_check(ctx, row)
    if checked is None:
        return None
    await sessions.settle(ctx, checked)
    held = leaving.rests(await rows.read(ctx, row["id"]))
    log.info("checkout.place_looked_at", session=row["id"], held=held)
    return leaving.soon(ctx) if held else None
