"""The capture window: an authorisation that nobody captures within it is voided, and the money given free again.

Its end is a timer, set by the commit that learns of the approval and cancelled by the one that captures or releases.
"""

import asyncio
from datetime import timedelta

import structlog

from backend.accounts import environments
from backend.context import Context, Runtime
from backend.due import timers
from backend.due.kinds import Kind
from backend.due.timers import Timer
from backend.errors import FarthingError
from backend.exchanges import attempts
from backend.exchanges.rows import Attempt
from backend.payments import effects, steps
from backend.payments.holds import operations
from backend.payments.states import Happening, Intent, after
from backend.payments.steps import Step

log = structlog.get_logger(__name__)

RETRY_HOURS = 1
"""When we try again to void what the acquirer would not void, or what has another message under way."""


async def void_due(runtime: Runtime, env: int, limit: int) -> int:
    """Void up to `limit` authorisations of `env` whose window is over, side by side; returns how many were due.

    Running it twice, or beside a capture, is harmless: one operation per payment is open at a time.
    """
    due = await timers.take(runtime, env, Kind.CAPTURE_WINDOW, limit)
    if due:
        ctx = await environments.context(runtime, env, actor="sweeper")
        await asyncio.gather(*(_guarded(ctx, timer) for timer in due))
    return len(due)


async def _guarded(ctx: Context, timer: Timer) -> None:
    try:
        await _end(ctx, timer)
    except Exception:  # one payment must not hold up the others; its lease runs out and it is looked at again
        log.exception("authorization_not_voided", payment=timer.object_id)


async def _end(ctx: Context, timer: Timer) -> None:
    step = await steps.read(ctx, timer.object_id)
    if step is None or step.payment.status not in (Intent.REQUIRES_CAPTURE, Intent.PROCESSING):
        await timers.drop(ctx.runtime, timer)
        return
    won = await attempts.won(ctx, timer.object_id)
    again = ctx.clock.now() + timedelta(hours=RETRY_HOURS)
    if won and effects.is_open(ctx, won):  # set by one who does not know the window
        again = effects.window_ends(ctx, won)
    elif won and step.payment.status == Intent.REQUIRES_CAPTURE:
        await _void(ctx, step, won)
    await timers.put_off(ctx.runtime, timer, again)  # unless it is voided now, or somebody captures it


async def _void(ctx: Context, step: Step, authorization: Attempt) -> None:
    change = {"status": after(step.payment.status, Happening.SEND), "cancellation_reason": effects.EXPIRED}
    try:
        await operations.carry(ctx, step, "void", step.payment.amount_capturable, change, authorization)
        log.info("authorization_expired", payment=step.payment.id, status=step.payment.status)
    except FarthingError as error:  # captured meanwhile, or the acquirer refused: it is looked at again
        log.warning("authorization_not_voided", payment=step.payment.id, reason=error.message)
