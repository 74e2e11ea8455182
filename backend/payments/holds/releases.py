"""What was held and is given free shows as a refund of its charge, though no money moved.

So a charge never says that something was given back that its list of refunds does not have.
"""

from dataclasses import replace
from typing import Any

from backend import ids
from backend.context import Context
from backend.errors import InvalidRequest
from backend.events import drafts
from backend.exchanges.rows import Attempt
from backend.metadata import merged
from backend.payments import effects, shapes
from backend.payments.effects import Effect
from backend.payments.rows import Charge, Payment, Refund

Row = dict[str, Any]


def row(ctx: Context, payment: Payment, charge: Charge, amount: int, *, status: str = "succeeded",
        reason: str | None = None, metadata: Row | None = None) -> Refund:
    """The row of such a refund: `released`, so that neither ledger nor acquirer is asked about it."""
    return Refund(
        env=ctx.env, id=ids.new("re", ctx.env), payment_id=payment.id, charge_id=charge.id, amount=amount,
        currency=payment.currency, status=status, step=1, reason=reason,
        pending_reason="processing" if status == "pending" else None, failure_reason=None, acquirer_ref=None,
        metadata=merged({}, metadata), customer_id=charge.customer_id,
        payment_method_id=charge.payment_method_id, released=True,
        method_type=(charge.payment_method_details or {}).get("type"),
        actor=ctx.actor, request_id=ctx.request_id, created_at=ctx.clock.now().isoformat())


def requested(ctx: Context, payment: Payment, charge: Charge, params: Row) -> Refund:
    """The refund that releases a charge which was only authorised, still pending; raises for a part of it."""
    held = payment.amount_capturable
    if params.get("amount", held) != held:
        raise InvalidRequest(f"Charge {charge.id} has not been captured, so only all of it can be given back: leave "
                             "out amount, or capture the part that you want to keep. The rest is released.",
                             code="charge_not_refundable", param="amount")
    return row(ctx, payment, charge, held, status="pending", reason=params.get("reason"),
               metadata=params.get("metadata"))


def pending(attempt: Attempt) -> Refund | None:
    """The refund that a void is to release, as it was when it was asked for."""
    asked = effects.asked(attempt).get("refund")
    # what the release before asked for lacks columns of this one
    return Refund.read(dict.fromkeys(Refund.columns) | asked) if asked else None


def asking(attempt: Attempt, refund: Refund | None) -> Attempt:
    """The attempt, as if it asked for the refund that its void is to release as that is now."""
    if refund is None or not pending(attempt):
        return attempt
    return replace(attempt, asked=effects.asked(attempt) | {"refund": vars(refund)})


def give(ctx: Context, effect: Effect, payment: Payment, attempt: Attempt, charge: Charge, amount: int) -> Effect:
    """Add to an effect that `amount` of a hold is given free: the refund, and who is told. `charge` is as it is now."""
    asked = pending(attempt)
    told = ["refund.updated", "charge.refund.updated"]
    if asked:
        change: Row = {"status": "succeeded", "pending_reason": None}
        made = replace(asked, **change)
        effect.refund_changes = [{"id": asked.id, "status": "pending", "change": change}]
    else:
        reason = "expired_uncaptured_charge" if payment.cancellation_reason == effects.EXPIRED else None
        made, told = row(ctx, payment, charge, amount, reason=reason), ["refund.created"]
        effect.refunds = [made]
    effect.refund = made
    now = payment.changed(effect.payment)
    effect.events += [effects.charge_event(ctx, "charge.refunded", charge, now),
                      *_events(ctx, told, asked, made)]
    return effect


def keep(ctx: Context, effect: Effect, attempt: Attempt) -> Effect:
    """Add to an effect that the hold stands after all: a refund that was to release it has failed."""
    if asked := pending(attempt):
        change: Row = {"status": "failed", "pending_reason": None, "failure_reason": "unknown"}
        effect.refund = replace(asked, **change)
        effect.refund_changes = [{"id": asked.id, "status": "pending", "change": change}]
        effect.events += _events(ctx, ["refund.failed", "refund.updated", "charge.refund.updated"], asked,
                                 effect.refund)
    return effect


def _events(ctx: Context, types: list[str], before: Refund | None, after: Refund) -> list[Row]:
    new = shapes.refund(after)
    previous = drafts.changed(shapes.refund(before), new) if before else None
    return [drafts.draft(ctx, type, new, previous) for type in types]
