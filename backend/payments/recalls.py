"""Calling back a debit that its bank has not decided.

The message that is called back was begun by another request, so this one has a single commit: the one that ends it,
which claims the request's key as well. Whoever dies before it has written nothing that another must finish: the
reconciler learns from the bank what the call-back did, and the same request may come again.
"""

from dataclasses import replace

from backend.context import Context
from backend.errors import ApiError, Locked
from backend.exchanges import attempts, engine
from backend.exchanges.rows import Attempt
from backend.networks import routing
from backend.payments.steps import Step
from backend.requests import idempotency

_COLLECTORS = sorted(routing.COLLECTING)


async def find(ctx: Context, payment_id: str) -> Attempt | None:
    """The debit of a payment that its bank has and has not decided, if there is one."""
    return await attempts.undecided(ctx, payment_id, _COLLECTORS)


async def run(ctx: Context, step: Step, reason: str | None) -> None:
    """Call the debit back and cancel its payment; raises Locked while somebody else works on it, ApiError unless the
    bank says that it gave the debit up: pending or paid, it always does, but silence may hide that it did not."""
    await idempotency.answered(ctx)  # a request that comes again calls nothing back
    taken = await attempts.take_undecided(ctx, step.payment.id, _COLLECTORS)
    if taken is None:
        raise Locked("PaymentIntent")
    if not await attempts.begin_cancel(ctx, taken) or not await engine.cancel(ctx, taken):
        await attempts.put_off(ctx, taken, "unknown", engine.DECIDED_LATER_SECONDS, "called back without an answer")
        raise ApiError("The bank cannot be reached right now, so the debit is still being processed; please try "
                       "again.")
    attempt = replace(taken, idempotency_key=ctx.key.key if ctx.key else None, published=ctx.publishable)
    step.claims = [idempotency.claim(ctx)] if ctx.key else []
    await engine.conclude(ctx, step, attempt, {"outcome": "recalled", "cancellation_reason": reason})
