"""One authorisation: sent to the cheapest acquirer that is well and, when that is surely over, once to the next.

A second try follows only knowledge: the message surely never left (the acquirer could not be reached), or it was
declined softly by a code on the operator's list. After silence there is none, ever: silence may hide an approval.
"""

from typing import Any

import structlog

from backend.accounts import environments
from backend.context import Context
from backend.errors import Locked
from backend.exchanges import engine
from backend.exchanges.rows import Attempt
from backend.exchanges.subject import Changed
from backend.networks import declines, routing
from backend.networks.breaker import Permit
from backend.networks.link import Broken, NotSent, Refused
from backend.payments import steps
from backend.payments.rows import Payment
from backend.payments.steps import Step

log = structlog.get_logger(__name__)

Row = dict[str, Any]

_FORGET_SECONDS = 1.0


def require_any(ctx: Context) -> None:
    """Raise ApiError `acquirer_unavailable` at once when no acquirer is well; nothing is read or written."""
    routing.require_any(ctx.runtime.breakers, ctx.settings.acquirer_addresses)


async def run(ctx: Context, step: Step, change: Row, kind: str, proof: Row | None, events: list[Row],
              parts: dict[str, list[Any]] | None = None) -> Payment:
    """begin -> send -> finish, perhaps with a second try in between; returns the payment row.

    `kind` is authorize or sale. Raises what the outcome means, Locked when another attempt is live at this moment,
    and ApiError `acquirer_unavailable`, before anything is written, when no acquirer is well.
    """
    assert step.method
    names = routing.takers(ctx.settings, step.method)
    amount = step.payment.amount
    with routing.pick(ctx.runtime.breakers, names) as permit:
        first = steps.new_attempt(ctx, step, kind, amount, connector=permit.name, three_d_secure=proof)
        try:
            await steps.begin(ctx, step, change, first, events, parts)
        except Changed as error:
            raise Locked("PaymentIntent") from error
        others = [name for name in names if name != permit.name]
        answer = await engine.send(ctx, step, first, keep_cvc=bool(others))
        permit.heard(answer.get("sick"))
    next_permit = await _next(ctx, first, answer, others)
    if next_permit is None:
        await engine.conclude(ctx, step, first, answer)
        return step.payment
    with next_permit:
        second = steps.new_attempt(ctx, step, kind, amount, connector=next_permit.name, three_d_secure=proof)
        step.second = second
        await engine.conclude(ctx, step, first, answer)
        step.second = None
        if step.attempts != second.number:
            return step.payment  # somebody else settled the first try meanwhile, and what they wrote stands
        log.info("payment_failed_over", payment=step.payment.id, acquirer=first.connector, to=second.connector,
                 outcome=answer["outcome"], response_code=answer.get("response_code"))
        last = await engine.send(ctx, step, second)
        next_permit.heard(last.get("sick"))
    step.declined = answer if answer["outcome"] == "declined" else None
    await engine.conclude(ctx, step, second, last)
    return step.payment


async def _next(ctx: Context, attempt: Attempt, answer: Row, others: list[str]) -> Permit | None:
    """Leave for the second try, or None when there shall be none."""
    declined = answer["outcome"] == "declined" and declines.elsewhere(
        answer.get("why"), answer.get("response_code"), ctx.settings.failover_codes)
    # not sent, and by no fault of ours: the acquirer could not be reached
    unreached = answer["outcome"] == "not_sent" and answer.get("sick") is True
    if not others or not (unreached or declined):
        return None
    permit = None
    if unreached or await environments.may_try_twice(ctx.runtime, ctx.env):
        permit = next(filter(None, (ctx.runtime.breakers.of(name).enter() for name in others)), None)
    if permit is None and declined:
        await _forget_cvc(ctx, attempt)
    return permit


async def _forget_cvc(ctx: Context, attempt: Attempt) -> None:
    """No second try: the vault wipes the code at once (by itself it would within seconds)."""
    try:
        await ctx.runtime.link.call("forget_cvc", _FORGET_SECONDS, token=attempt.payment_method_id)
    except (NotSent, Broken, Refused) as error:
        log.warning("cvc_not_forgotten_yet", error=str(error))
