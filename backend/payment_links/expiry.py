"""Links whose time is over are switched off by their timers."""

import structlog

from backend.accounts import environments
from backend.context import Context, Runtime
from backend.due import timers
from backend.due.kinds import Kind
from backend.due.timers import Timer
from backend.payment_links import links

log = structlog.get_logger(__name__)


async def close_due(runtime: Runtime, env: int, limit: int) -> int:
    """Switch off up to `limit` links of `env` that are past their `expires_at`; returns how many timers were due. Safe
    to run any number of times."""
    due = await timers.take(runtime, env, Kind.PAYMENT_LINK, limit)
    if due:
        ctx = await environments.context(runtime, env, actor="sweeper")
        for timer in due:
            await _guarded(ctx, timer)
    return len(due)


async def _guarded(ctx: Context, timer: Timer) -> None:
    try:
        async with ctx.transaction() as tx:
            again = await links.close(ctx, tx, timer.object_id)
        if again:
            await timers.put_off(ctx.runtime, timer, again)
    except Exception:  # one link must not hold up the others; its lease runs out and it is looked at again
        log.exception("payment_link.not_closed", link=timer.object_id)
