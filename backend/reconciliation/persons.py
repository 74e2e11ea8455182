"""Messages that wait for a person: shown with why, asked about again, or settled by what an acquirer told an operator.

A verb takes its message back among those that are asked about, with a lease. Who dies after that leaves it to the
reconciler, which asks, and puts it before a person again when that settles nothing.
"""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from backend import card_numbers
from backend.accounts import environments
from backend.context import Context, Runtime
from backend.db import Database
from backend.errors import FarthingError, InvalidRequest, NotFound
from backend.exchanges import attempts, engine, enquiries
from backend.exchanges.rows import Attempt
from backend.reconciliation import attempts as reconciler
from backend.reconciliation import subjects, undoings

log = structlog.get_logger(__name__)
Row = dict[str, Any]

REASON_MAX = 500
CANCEL_LIFE = timedelta(days=1)
"""How late a cancel of ours may still arrive, as people believe it; the reconciler believes no approval after one."""
UNDOING = "approved after it was settled as not done: it is being undone"
_REFERENCE = re.compile(r"[!-~]{1,64}")


async def find(auditor_url: str) -> list[Attempt]:
    """Every message that waits for a person, and every one that is to be undone, of all environments.

    `auditor_url` is a libpq URI.
    """
    async with _audited(auditor_url) as auditor:
        undoings = await attempts.being_undone(auditor)
        return await attempts.for_a_person(auditor) + [replace(one, note=UNDOING) for one in undoings]


async def get(auditor_url: str, id: str) -> Attempt:
    """One message of whatever environment and state; raises NotFound."""
    with suppress(ValueError):
        async with _audited(auditor_url) as auditor:
            if found := await attempts.anywhere(auditor, [str(UUID(id))]):
                return found[0]
    raise NotFound("message", id)


async def shown(runtime: Runtime, messages: Iterable[Attempt]) -> list[Row]:
    """Messages as a list tells of them: amounts in minor units, `asked` is how often the acquirer was."""
    rows = []
    for one in messages:
        where = await environments.get(runtime, one.env)
        rows.append({
            "id": one.id, "account": where["account_id"], "environment": where["name"] or where["mode"],
            "connector": one.connector, "kind": one.kind, "about": _about(one), "amount": one.amount,
            "currency": one.currency, "sent_at": one.sent_at, "asked": one.check_no,
            "our_reference": one.network_key, "why": one.note})
    return rows


async def told(ctx: Context, attempt: Attempt) -> Row:
    """One message with all that is known of it: what the acquirer said, and what people said."""
    verdicts = await attempts.verdicts(ctx, attempt)
    return {**(await shown(ctx.runtime, [attempt]))[0], "status": attempt.status,
            "original_reference": attempt.original_key, "acquirer_reference": attempt.acquirer_ref,
            "cancel_sent_at": attempt.cancel_sent_at,
            "to_be_undone": await attempts.is_being_undone(ctx, attempt), "answer": attempt.answer or {},
            "said": [f"{one['said']}: {one['reason']}" for one in verdicts]}


async def ask(ctx: Context, attempt: Attempt) -> Attempt:
    """Ask its acquirer once more, now, as the reconciler does; returns it as it is then: settled, `unknown` while its
    schedule goes on, or `manual` again, with why. Raises InvalidRequest for one that waits for nobody.

    One that is to be undone is canceled once more, and asked about.
    """
    if attempt.status != "manual" and await attempts.is_being_undone(ctx, attempt):
        await undoings.now(ctx, attempt)
        return attempt
    taken = await _taken(ctx, attempt)
    await reconciler.settle(ctx, taken)
    return await attempts.now(ctx, taken)


async def approved(ctx: Context, attempt: Attempt, reference: str, reason: str) -> Attempt:
    """Settle it as done, under the acquirer's own reference, for a reason that is kept for good.

    Raises InvalidRequest when the acquirer says otherwise, when it has given that reference to another message, and
    while a cancel of ours may yet undo it.
    """
    if not _REFERENCE.fullmatch(reference):
        raise InvalidRequest("A reference of an acquirer has up to 64 visible characters.", param="reference")
    if attempt.cancel_sent_at and _since(ctx, attempt.cancel_sent_at) < CANCEL_LIFE:
        raise InvalidRequest(f"A cancel of this message was sent at {attempt.cancel_sent_at} and may yet undo it: wait "
                             "for a day, or have the acquirer undo it and settle it as not done.")
    taken = await _taken(ctx, attempt, reason)
    status = await enquiries.ask(ctx, taken)
    if (known := enquiries.answer(status)) and not (known["outcome"] == "approved" and enquiries.fits(taken, status)):
        await _back(ctx, taken, f"asked: {status['found']}, though a person said that it was approved")
        raise InvalidRequest(f"The acquirer itself says something else ({_said(status)}): nothing was settled.")
    await attempts.say(ctx, taken, "approved", reason, reference)
    answer = {"outcome": "approved", "acquirer_ref": reference, "reason": _note(ctx, reason)}
    if not await _conclude(ctx, taken, answer):
        raise InvalidRequest("The acquirer has given that reference to another message: nothing was settled.",
                             param="reference")
    return await attempts.now(ctx, taken)


async def not_done(ctx: Context, attempt: Attempt, reason: str | None) -> Attempt:
    """Cancel it at its acquirer, and settle it as surely not done when that says so.

    `reason` is who has it in writing, and stands for the word of an acquirer that cannot be asked; it is kept for good.
    Raises InvalidRequest when the acquirer has done it after all, or says nothing and there is no reason.
    """
    taken = await _taken(ctx, attempt, reason)
    await attempts.begin_cancel(ctx, taken)
    status = await reconciler.cancel(ctx, taken)
    answer = enquiries.answer(status)
    if answer and answer["outcome"] == "approved":
        await _back(ctx, taken, "approved, and not to be canceled")
        raise InvalidRequest("The acquirer says that it has done this, and did not cancel it: nothing was settled.")
    if answer is None:
        if not reason:
            await _back(ctx, taken, f"canceled by a person; asked: {status['found']}")
            raise InvalidRequest(f"The acquirer does not say that it is canceled ({status['found']}): nothing was "
                                 "settled. Ask again later, or get its word in writing.")
        await attempts.say(ctx, taken, "not_done", reason)
        answer = {"outcome": "not_received", "reason": _note(ctx, reason)}
    await _conclude(ctx, taken, answer)
    return await attempts.now(ctx, taken)


async def undone(ctx: Context, attempt: Attempt, reason: str) -> Attempt:
    """Undo it no more: the acquirer told by other means that nothing of it is left, for a reason that is kept for good.
    Raises InvalidRequest for one that is not to be undone."""
    _check(reason)
    if not await attempts.is_being_undone(ctx, attempt):
        raise InvalidRequest(f"This message is not to be undone: it is {attempt.status}.")
    await attempts.say(ctx, attempt, "undone", reason)
    return attempt


def _said(status: Row) -> str:
    amount = status.get("amount")
    return f"{status['found']}, {amount} {status.get('currency')}" if amount else str(status["found"])


def _since(ctx: Context, moment: str) -> timedelta:
    return ctx.runtime.clock.now() - datetime.fromisoformat(moment)


def _about(attempt: Attempt) -> str | None:
    return attempt.refund_id or attempt.payment_id or attempt.payment_method_id


def _note(ctx: Context, reason: str) -> str:
    return f"{ctx.actor} said: {reason}"


def _check(reason: str) -> None:
    if not 1 <= len(reason.strip()) <= REASON_MAX or card_numbers.holds(reason):
        raise InvalidRequest(f"A reason has up to {REASON_MAX} characters, and no card number.", param="reason")


async def _taken(ctx: Context, attempt: Attempt, reason: str | None = None) -> Attempt:
    if reason is not None:
        _check(reason)
    taken = await attempts.take_from_a_person(ctx, attempt.id)
    if taken is None:
        status = (await attempts.now(ctx, attempt)).status
        raise InvalidRequest(f"This message waits for nobody: it is {status}.")
    log.info("attempt_taken_by_a_person", attempt=taken.id, actor=ctx.actor)
    return taken


async def _back(ctx: Context, attempt: Attempt, note: str) -> None:
    await attempts.put_off(ctx, attempt, "manual", engine.PERSON_SECONDS, note)


async def _conclude(ctx: Context, attempt: Attempt, answer: Row) -> bool:
    log.warning("attempt_settled_by_a_person", attempt=attempt.id, payment=attempt.payment_id, actor=ctx.actor,
                outcome=answer["outcome"])
    with suppress(FarthingError):  # a decline or failure: it stands on what it is about
        return await engine.conclude(ctx, await subjects.of(ctx, attempt), attempt, answer)
    return True


@asynccontextmanager
async def _audited(auditor_url: str) -> AsyncIterator[Database]:
    auditor = Database(auditor_url, pool_size=1, name="farthing-auditor")
    try:
        await auditor.open()
        yield auditor
    finally:
        await auditor.close()
