"""The reconciler: settles attempts that got no answer by asking the acquirer by our reference (money rule 3)."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog

from backend import crash
from backend.accounts import environments
from backend.context import Context, Runtime
from backend.errors import FarthingError
from backend.exchanges import attempts, engine, enquiries, resends
from backend.exchanges.rows import Attempt
from backend.exchanges.subject import Subject
from backend.reconciliation import subjects

log = structlog.get_logger(__name__)
Row = dict[str, Any]

LONGEST_PROCESSING_SECONDS = 5.0
"""An acquirer's stated longest processing time after the deadline; younger messages may still be on their way."""
SCHEDULE_SECONDS = (5.0, 15.0, 60.0, 300.0)
"""When we ask, counted from the deadline; then every 15 minutes until MANUAL_AFTER_SECONDS, then a person looks."""
LAST_PAUSE_SECONDS = 900.0
_VAULT_AWAY_SECONDS = 3.0
"""When we ask again after our own vault was away: that says nothing of the acquirer."""
MANUAL_AFTER_SECONDS = 20 * 3600.0
ASKED_MIN = 10
"""How often the acquirer was asked before a person must look: what is old may have stood still with all of us, or the
clock was set ahead, and then the first silence says little."""


async def settle_due(runtime: Runtime, env: int, limit: int = 50, *, only: str | None = None,
                     but: Collection[str] = ()) -> int:
    """Settle what is due in `env`; returns how many attempts came to rest. Running it twice is harmless.

    Side by side, so that a slow answer does not make the leases of the others run out. `only` one acquirer's, or all
    `but` some acquirers': so an acquirer that does not answer holds up its own attempts alone.
    """
    ctx = await environments.context(runtime, env, actor="reconciler")
    if crash.armed:
        await crash.reached("reconcile_dequeued")
    due = await attempts.lease(ctx, limit, only=only, but=but)
    if crash.armed and due:
        await crash.reached("reconcile_leased")
    return sum(await asyncio.gather(*(_guarded(ctx, attempt) for attempt in due)))


async def _guarded(ctx: Context, attempt: Attempt) -> bool:
    try:
        return await settle(ctx, attempt)
    except Exception:  # one attempt must not hold up the others; its lease runs out and it is tried again
        log.exception("reconcile_failed", attempt=attempt.id)
        return False


async def settle(ctx: Context, attempt: Attempt) -> bool:
    """Ask about an attempt whose lease we hold, and conclude it if that is clear; whether it came to rest."""
    status = await enquiries.ask(ctx, attempt)
    canceling = attempt.cancel_sent_at is not None
    if status["found"] == "not_found" or (canceling and _doubtful(attempt, status)):
        if attempts.age(ctx, attempt) < ctx.settings.acquirer_timeout_seconds + LONGEST_PROCESSING_SECONDS:
            return await _later(ctx, attempt, "not found yet")
        subject = await subjects.of(ctx, attempt)
        if await resends.possible(ctx, subject, attempt):
            return await _again(ctx, subject, attempt)
        if not await attempts.begin_cancel(ctx, attempt):
            return False  # somebody else has it: a cancel of ours could undo what they find approved
        status = await cancel(ctx, attempt)
        if _doubtful(attempt, status):
            return await _later(ctx, attempt, "approved although canceled")
    answer = enquiries.answer(status)
    if answer is None:
        return await _later(ctx, attempt, f"asked: {status['found']}", away=status["found"] == "vault_away",
                            known=status["found"] == "pending")
    if not enquiries.fits(attempt, status):
        return await _give_up(ctx, attempt, "the acquirer names another amount or currency")
    return await _settled(ctx, attempt, answer)


async def _again(ctx: Context, subject: Subject, attempt: Attempt) -> bool:
    """The acquirer surely does not have it: the same message once more, which it takes once however often it comes."""
    answer = await resends.send(ctx, subject, attempt)
    if answer is None:
        return False  # somebody else has it
    if crash.armed:
        await crash.reached("reconcile_sent_again")
    log.info("attempt_sent_again", attempt=attempt.id, payment=attempt.payment_id, outcome=answer["outcome"])
    if answer["outcome"] in ("approved", "declined"):
        return await _settled(ctx, attempt, answer)
    return await _later(ctx, attempt, f"sent again: {answer['outcome']}", known=answer["outcome"] == "pending")


async def _settled(ctx: Context, attempt: Attempt, answer: Row) -> bool:
    if crash.armed:
        await crash.reached("reconcile_done")
    settled = await _conclude(ctx, attempt, answer)
    if crash.armed:
        await crash.reached("reconcile_committed")
    if not settled:
        return False
    log.info("attempt_settled", attempt=attempt.id, payment=attempt.payment_id, outcome=answer["outcome"])
    return True


async def _conclude(ctx: Context, attempt: Attempt, answer: Row) -> bool:
    """False when a person must look."""
    with suppress(FarthingError):  # a decline or failure: it stands on what it is about, and on the key
        return await engine.conclude(ctx, await subjects.of(ctx, attempt), attempt, answer)
    return True


def _doubtful(attempt: Attempt, status: Row) -> bool:
    """Approved, but a cancel of ours may still be on its way to undo it. (A void cannot be cancelled.)"""
    return bool(status["found"] == "approved" and attempt.kind != "void")


async def cancel(ctx: Context, attempt: Attempt) -> Row:
    """Cancel by our reference, which leaves a tombstone that refuses a late arrival; then ask once more."""
    await engine.cancel(ctx, attempt)  # whatever became of it, only what is asked now counts
    return await enquiries.ask(ctx, attempt)


async def _later(ctx: Context, attempt: Attempt, note: str, *, away: bool = False, known: bool = False) -> bool:
    """The next step of the schedule; at its end a person must look, and the money stays held.

    `known`: the acquirer has it and only takes its time, so asking goes on for as long as it says so. `away`: our own
    vault could not be reached, so nobody was asked.
    """
    age = attempts.age(ctx, attempt)
    if age > MANUAL_AFTER_SECONDS and attempt.check_no >= ASKED_MIN and not known and not away:
        return await _give_up(ctx, attempt, note)
    since = age - ctx.settings.acquirer_timeout_seconds
    pause = next((at - since for at in SCHEDULE_SECONDS if at > since + 1), LAST_PAUSE_SECONDS)
    pause = _VAULT_AWAY_SECONDS if away else pause
    if attempt.status == "sent":
        await _tell_unknown(ctx, attempt, pause, note, known=known)
    else:
        await attempts.put_off(ctx, attempt, "unknown", pause, note)
    return False


async def _tell_unknown(ctx: Context, attempt: Attempt, pause: float, note: str, *, known: bool = False) -> None:
    """Its sender died before it could say so: the intent shows that we are asking, and whoever repeats the request
    with its key is told `processing` instead of waiting until the acquirer answers."""
    next_check_at = attempts.later(ctx, pause)
    outcome = "pending" if known else "unknown"
    await _conclude(ctx, replace(attempt, next_check_at=next_check_at), {"outcome": outcome, "reason": note})


async def _give_up(ctx: Context, attempt: Attempt, note: str) -> bool:
    """To a person: see persons.py."""
    with suppress(FarthingError):
        await engine.give_up(ctx, await subjects.of(ctx, attempt), attempt, note)
    return False
