"""Calling back a debit that its bank has not decided: begin (commit) -> call -> finish (commit), as with every message.

A cancel by our reference always ends it: pending or paid, the bank gives it up, so the intent is canceled for sure.
"""

from dataclasses import replace

from backend.context import Context
from backend.errors import ApiError, Locked
from backend.exchanges import attempts, engine
from backend.exchanges.rows import Attempt
from backend.exchanges.subject import Changed
from backend.networks import routing
from backend.payments import commits
from backend.payments.steps import Step
from backend.requests import idempotency

_COLLECTORS = [one.name for one in routing.COLLECTORS]


async def find(ctx: Context, payment_id: str) -> Attempt | None:
    """The debit of a payment that its bank has and has not decided, if there is one."""
    return await attempts.undecided(ctx, payment_id, _COLLECTORS)


async def run(ctx: Context, step: Step, reason: str | None) -> None:
    """Call the debit back and cancel its payment; raises Locked while somebody else works on it, ApiError when the
    bank cannot be reached."""
    taken = await attempts.take_undecided(ctx, step.payment.id, _COLLECTORS)
    if taken is None:
        raise Locked("PaymentIntent")
    attempt = replace(taken, idempotency_key=ctx.key.key if ctx.key else None,
                      published=ctx.publishable)
    doc = commits.moved(ctx, step.payment, {"cancellation_reason": reason})
    if ctx.key:
        doc["claims"] = [idempotency.claim(ctx)]
    try:
        await commits.write(ctx, doc)
    except Changed as error:
        raise Locked("PaymentIntent") from error
    step.payment = replace(step.payment, cancellation_reason=reason, version=step.payment.version + 1)
    if not await attempts.begin_cancel(ctx, attempt) or not await engine.cancel(ctx, attempt):
        if ctx.key:
            await commits.write(ctx, {"releases": [ctx.key.key]})
        raise ApiError("The bank cannot be reached right now, so the debit is still being processed; please try "
                       "again.")
    await engine.conclude(ctx, step, attempt, {"outcome": "recalled"})
