"""Calling back a debit that its bank has not decided: begin (commit) -> call -> finish (commit), as with every message.

A cancel by our reference always ends it: pending or paid, the bank gives it up, so the intent is canceled for sure.
"""

from dataclasses import replace

from backend.context import Context
from backend.errors import ApiError, Locked
from backend.networks import bank
from backend.payments import attempts, open_attempts, sql
from backend.payments.attempts import Changed, Step
from backend.payments.rows import Attempt
from backend.requests import idempotency


async def find(ctx: Context, payment_id: str) -> Attempt | None:
    """The debit of a payment that its bank has and has not decided, if there is one."""
    rows = await ctx.db.rows(ctx.env, sql.DEBIT_OPEN, (ctx.env, payment_id, bank.NAME))
    return Attempt.read(rows[0]["row"]) if rows else None


async def run(ctx: Context, step: Step, reason: str | None) -> None:
    """Call the debit back and cancel its payment; raises Locked while somebody else works on it, ApiError when the
    bank cannot be reached."""
    taken = await ctx.db.rows(ctx.env, sql.DEBIT_TAKE, (open_attempts.LEASE_SECONDS, ctx.env, step.payment.id,
                                                       bank.NAME))
    if not taken:
        raise Locked("PaymentIntent")
    attempt = replace(Attempt.read(taken[0]["row"]), idempotency_key=ctx.key.key if ctx.key else None,
                      published=ctx.publishable)
    doc = attempts.moved(ctx, step, {"cancellation_reason": reason})
    if ctx.key:
        doc["claims"] = [idempotency.claim(ctx)]
    try:
        await attempts.write(ctx, doc)
    except Changed as error:
        raise Locked("PaymentIntent") from error
    step.payment = replace(step.payment, cancellation_reason=reason, version=step.payment.version + 1)
    if not await open_attempts.begin_cancel(ctx, attempt) or not await attempts.cancel(ctx, attempt):
        if ctx.key:
            await attempts.write(ctx, {"releases": [ctx.key.key]})
        raise ApiError("The bank cannot be reached right now, so the debit is still being processed; please try "
                       "again.")
    await attempts.conclude(ctx, step, attempt, {"outcome": "recalled"})
