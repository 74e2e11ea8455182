"""Refunds after the day they were made: those that wait for balance are sent, succeeded ones are asked about.

A refund that succeeded may come back weeks later. We learn it by our own enquiry; whoever says so otherwise only makes
us ask (money rule 3).
"""

import asyncio
from datetime import datetime
from typing import Any

import structlog

from backend.accounts import environments
from backend.context import Context, Runtime
from backend.exchanges import enquiries
from backend.payments.rows import Refund
from backend.refunds import refunds

log = structlog.get_logger(__name__)
Row = dict[str, Any]

_NO_ANSWER_SECONDS = 60.0
WATCH_SECONDS = (10.0, 30.0, 120.0, 600.0, 3600.0, 86_400.0, 3 * 86_400.0, 10 * 86_400.0, 30 * 86_400.0)
"""When we ask about a succeeded refund, counted from its creation; after a month no more."""
WAIT_SECONDS_MAX = 3600.0


async def settle_due(runtime: Runtime, env: int, limit: int = 50) -> int:
    """Look at the refunds of `env` that are due; returns how many. Running it twice is harmless."""
    ctx = await environments.context(runtime, env, actor="reconciler")
    due = await refunds.lease(ctx, limit)
    # Those that wait share one balance: the oldest is served first. The watched ones do not touch each other.
    for refund in sorted((one for one in due if one.status == "pending"), key=lambda one: one.created_at):
        await _guarded(ctx, refund)
    await asyncio.gather(*(_guarded(ctx, one) for one in due if one.status != "pending"))
    return len(due)


async def _guarded(ctx: Context, refund: Refund) -> None:
    try:
        await (_send if refund.status == "pending" else _watch)(ctx, refund)
    except Exception:  # one refund must not hold up the others; its lease runs out and it is tried again
        log.exception("refund_check_failed", refund=refund.id)


async def _send(ctx: Context, refund: Refund) -> None:
    if not await refunds.send_waiting(ctx, refund):
        await refunds.put_off(ctx, refund, min(max(_age(ctx, refund) / 2, refunds.WAIT_SECONDS), WAIT_SECONDS_MAX))


async def _watch(ctx: Context, refund: Refund) -> None:
    attempt = await refunds.sent_as(ctx, refund)
    if refund.status != "succeeded" or attempt is None:
        await refunds.put_off(ctx, refund, None)
        return
    status = await enquiries.ask(ctx, attempt)
    if status["found"] == "returned" and enquiries.fits(attempt, status):
        log.info("refund_came_back", refund=refund.id, response_code=status.get("response_code"))
        await refunds.fail(ctx, refund, {"outcome": "returned", **status})
        return
    silent = status["found"] in ("no_answer", "vault_away")
    if status["found"] != "approved" and not silent:
        log.critical("refund_needs_a_person", refund=refund.id, found=status["found"])
    age = _age(ctx, refund)
    later = next((at - age for at in WATCH_SECONDS if at > age + 1), None)
    await refunds.put_off(ctx, refund, _NO_ANSWER_SECONDS if silent else later)


def _age(ctx: Context, refund: Refund) -> float:
    """Seconds since it was made; none when the clock was set back since."""
    return max((ctx.clock.now() - datetime.fromisoformat(refund.created_at)).total_seconds(), 0)
