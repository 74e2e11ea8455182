"""The reconciler: settles attempts that got no answer by asking the acquirer by our reference (money rule 3)."""

from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog

from backend.accounts import environments
from backend.context import Context, Runtime
from backend.errors import FarthingError
from backend.networks.link import Broken, NotSent, Refused
from backend.payments import attempts, open_attempts

log = structlog.get_logger(__name__)
Row = dict[str, Any]

_DEADLINE_SECONDS = 8.0
LONGEST_PROCESSING_SECONDS = 5.0
"""An acquirer's stated longest processing time after the deadline; younger messages may still be on their way."""
SCHEDULE_SECONDS = (5.0, 15.0, 60.0, 300.0)
"""Pauses between checks; then every 15 minutes until MANUAL_AFTER_SECONDS, then a person looks."""
_LAST_PAUSE_SECONDS = 900.0
MANUAL_AFTER_SECONDS = 20 * 3600.0


async def settle_due(runtime: Runtime, env: int, limit: int = 50) -> int:
    """Settle what is due in `env`; returns how many attempts came to rest. Running it twice is harmless."""
    ctx = await environments.context(runtime, env, actor="reconciler")
    settled = 0
    for attempt in await open_attempts.lease(ctx, limit):
        try:
            settled += await _settle(ctx, attempt)
        except Exception:  # one attempt must not hold up the others; its lease runs out and it is tried again
            log.exception("reconcile_failed", attempt=attempt["id"])
    return settled


async def _settle(ctx: Context, attempt: Row) -> bool:
    status = await _ask(ctx, attempt)
    if status["found"] == "not_found":
        if _age(ctx, attempt) < ctx.settings.acquirer_timeout_seconds + LONGEST_PROCESSING_SECONDS:
            return await _later(ctx, attempt, "not found yet")
        status = await _cancel(ctx, attempt)
    answer = _answer(attempt, status)
    if answer is None:
        return await _later(ctx, attempt, f"asked: {status['found']}")
    step = await attempts.read(ctx, attempt["payment_id"], attempt["payment_method_id"])
    assert step
    with suppress(FarthingError):  # a decline or failure: it stands on the intent and on the key
        await attempts.conclude(ctx, step, attempt, answer)
    log.info("attempt_settled", attempt=attempt["id"], payment=attempt["payment_id"], outcome=answer["outcome"])
    return True


async def _ask(ctx: Context, attempt: Row) -> Row:
    try:
        return await ctx.runtime.link.call("inquire", _DEADLINE_SECONDS, connector=attempt["connector"],
                                           key=attempt["network_key"])
    except (NotSent, Broken, Refused) as error:
        return {"found": "no_answer", "reason": str(error)}


async def _cancel(ctx: Context, attempt: Row) -> Row:
    """Cancel by our reference, which leaves a tombstone that refuses a late arrival; then ask once more."""
    key = f"{attempt['network_key'][:56]}-cancel"
    try:
        await ctx.runtime.link.call("cancel", _DEADLINE_SECONDS, connector=attempt["connector"], key=key,
                                    original_key=attempt["network_key"])
    except (NotSent, Broken, Refused) as error:
        return {"found": "no_answer", "reason": str(error)}
    return await _ask(ctx, attempt)


def _answer(attempt: Row, status: Row) -> Row | None:
    """The acquirer's word as the answer that the live path would have had; None while it is not clear."""
    found = status["found"]
    if found == "tombstone":
        return {"outcome": "not_received"}
    if found not in ("approved", "declined", "reversed"):
        return None
    if (status.get("amount"), (status.get("currency") or "").lower()) != (attempt["amount"], attempt["currency"]):
        log.critical("acquirer_disagrees", attempt=attempt["id"], ours=attempt["amount"], theirs=status.get("amount"))
        return None
    facts = {name: status.get(name) for name in ("acquirer_ref", "authorization_code", "response_code")}
    return {"outcome": found, **facts}


async def _later(ctx: Context, attempt: Row, note: str) -> bool:
    """The next step of the schedule; at its end a person must look, and the money stays held."""
    number = attempt["check_no"] - 1
    pause = SCHEDULE_SECONDS[number] if number < len(SCHEDULE_SECONDS) else _LAST_PAUSE_SECONDS
    status = "manual" if _age(ctx, attempt) > MANUAL_AFTER_SECONDS else "unknown"
    if status == "manual":
        log.critical("attempt_needs_a_person", attempt=attempt["id"], payment=attempt["payment_id"], note=note)
    await open_attempts.put_off(ctx, attempt, status, pause, note)
    return False


def _age(ctx: Context, attempt: Row) -> float:
    """Seconds since it was sent."""
    return (ctx.clock.now() - datetime.fromisoformat(attempt["sent_at"])).total_seconds()
