"""One refund message to an acquirer: begin (commit) -> call (no transaction) -> finish (commit). Money rule 1."""

import asyncio
import uuid
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakValueDictionary

import structlog

from backend.context import Context
from backend.crypto import network_key
from backend.db import sqlstate
from backend.errors import FarthingError, Locked
from backend.ledger import chart
from backend.payments import attempt_rows, attempts, refund_outcomes, shapes, sql
from backend.payments.attempts import Changed, Row, Step, Superseded
from backend.payments.refund_outcomes import Effect
from backend.payments.rows import Attempt, Charge, Payment, Refund
from backend.requests import answers, idempotency

log = structlog.get_logger(__name__)

_TRIES = 20
_turns: "WeakValueDictionary[tuple[int, str], asyncio.Lock]" = WeakValueDictionary()


class Over(Exception):
    """Less than that is left of the payment to refund."""


class Insufficient(Exception):
    """The merchant's balance does not cover the refund."""


@dataclass(slots=True)
class Found:
    """What is known of a payment while a refund of it is worked on; `original` is the message that took the money,
    `released` what of a hold was given free."""

    payment: Payment
    charge: Charge | None
    original: Attempt | None
    refund: Refund | None
    released: int = 0


async def read(ctx: Context, payment_id: str, refund_id: str = "") -> Found | None:
    """In one round trip; None when there is no such payment."""
    rows = await ctx.db.rows(ctx.env, sql.REFUND_READ, (refund_id, ctx.env, payment_id))
    if not rows:
        return None
    told = rows[0]
    return Found(Payment.read(told["payment"]), told["charge"] and Charge.read(told["charge"]),
                 told["original"] and Attempt.read(told["original"]),
                 told["refund"] and Refund.read(told["refund"]), told["released"])


def turn(ctx: Context, payment_id: str) -> asyncio.Lock:
    """Refunds of one payment finish one after another in this process. It only saves repetitions: what keeps them
    right is the payment's version."""
    return _turns.setdefault((ctx.env, payment_id), asyncio.Lock())


async def write(ctx: Context, doc: dict[str, list[Any]]) -> None:
    """One commit; raises Over and Insufficient beside what `attempts.write` raises."""
    try:
        await attempts.write(ctx, doc)
    except Exception as error:
        if (state := sqlstate(error)) in (sql.OVER, sql.INSUFFICIENT):
            raise (Over if state == sql.OVER else Insufficient) from error
        raise


def new_attempt(ctx: Context, refund: Refund, original: Attempt, number: int) -> Attempt:
    """The row of a refund's message, with its own deterministic network key (money rule 2)."""
    wait = ctx.settings.acquirer_timeout_seconds + attempts.FIRST_CHECK_SECONDS
    return Attempt(
        env=ctx.env, id=str(uuid.uuid4()), payment_id=refund.payment_id, refund_id=refund.id,
        kind="refund", number=number, status="sent", connector=original.connector,
        amount=refund.amount, currency=refund.currency,
        network_key=network_key(ctx.runtime.network_secret, ctx.env, refund.id, "refund", number),
        original_key=original.network_key, charge_id=refund.charge_id,
        payment_method_id=refund.payment_method_id, idempotency_key=ctx.key.key if ctx.key else None,
        actor=ctx.actor, request_id=ctx.request_id, sent_at=ctx.clock.now().isoformat(), check_no=0, sent_again=0,
        step=1, next_check_at=attempts.later(ctx, wait))


def held(refund: Refund) -> list[Row]:
    """The ledger entries of a refund that is about to be sent."""
    return chart.refund_held(refund.id, refund.payment_id, refund.amount, refund.currency)


async def send(ctx: Context, payment: Payment, attempt: Attempt) -> Row:
    """The call; never raises, for no answer is an answer."""
    return await attempts.send(ctx, Step(payment), attempt)


async def conclude(ctx: Context, attempt: Attempt, answer: Row) -> Refund:
    """finish, on a fresh reading each time, giving way to whoever was faster; returns the refund's row.

    Raises what the caller is to be told: ApiError when nothing left; Replay or Conflict when another settled it.
    """
    async with turn(ctx, attempt.of_payment):
        for _ in range(_TRIES):
            found = await read(ctx, attempt.of_payment, attempt.refund_id or "")
            assert found
            assert found.refund
            assert found.charge
            try:
                refund, error = await _finish(ctx, found, attempt, answer)
            except Changed:
                if not await attempt_rows.ours(ctx, attempt):
                    break
                continue
            except Superseded:
                break
            if error:
                raise error
            return refund
        else:
            raise Locked("Refund")
    return await _superseded(ctx, attempt, answer)


async def _finish(ctx: Context, found: Found, attempt: Attempt, answer: Row) -> tuple[Refund, FarthingError | None]:
    """tx2: attempt, refund, reservation, charge, ledger, events and the stored answer in one commit."""
    refund, charge = found.refund, found.charge
    assert refund
    assert charge
    watch = attempts.later(ctx, refund_outcomes.FIRST_WATCH_SECONDS)
    effect = refund_outcomes.apply(ctx, found.payment, charge, refund, answer, watch, found.released)
    assert effect.attempt
    ending = replace(effect.attempt, **attempts.touched(ctx))
    if ending.status == "unknown":
        ending.next_check_at = attempt.next_check_at
    doc, after = changes(ctx, found, effect), replace(refund, **effect.refund)
    doc["settles"] = [{"id": attempt.id, "check_no": attempt.check_no, "change": ending}]
    if attempt.idempotency_key:
        if effect.error:  # nothing left: the same request runs afresh
            doc["releases"] = [attempt.idempotency_key]
        else:
            answered = answers.of(shapes.refund(after))
            # a refund that had to wait for balance was answered, and is its key's resource, since its creation
            resource = refund.id if attempt.number == 1 else None
            doc["answers"] = [idempotency.finish(attempt.idempotency_key, answered, resource)]
    await write(ctx, doc)
    return after, effect.error


def changes(ctx: Context, found: Found, effect: Effect) -> dict[str, list[Any]]:
    """The part of a write that moves a refund; it holds only while the payment is as it was read."""
    refund, by = found.refund, attempts.touched(ctx)
    assert refund
    doc: dict[str, list[Any]] = {
        "changes": [{"id": found.payment.id, "version": found.payment.version, "change": by}],
        "refund_changes": [{"id": refund.id, "status": refund.status, "change": effect.refund | by}]}
    if effect.gives_back:
        doc["reserves"] = [{"id": found.payment.id, "amount": -effect.gives_back}]
    if effect.charge:
        doc |= attempts.charged(ctx, found.charge, effect.charge)
    if effect.entries:
        doc["entries"] = effect.entries
    if effect.events:
        doc["events"] = effect.events
    return doc


async def _superseded(ctx: Context, attempt: Attempt, answer: Row) -> Refund:
    """Another settled the attempt, or has it in hand: what they wrote stands, on the key as well."""
    now = (await attempt_rows.now(ctx, attempt)).status
    if answer["outcome"] == "approved" and now in ("failed", "declined", "reversed"):
        log.critical("refund_after_tombstone", refund=attempt.refund_id, attempt=attempt.id, status=now)
        undone = await attempts.cancel(ctx, attempt)
        log.critical("refund_after_tombstone_canceled", attempt=attempt.id, undone=undone)
    await idempotency.superseded(ctx)
    return Refund.read((await ctx.db.rows(ctx.env, sql.REFUND_GET, (ctx.env, attempt.refund_id)))[0]["row"])
