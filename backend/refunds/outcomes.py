"""What an acquirer's answer does to a refund: a pure function, used by the live path and by the reconciler alike."""

from dataclasses import replace
from typing import Any

from backend.context import Context
from backend.errors import ApiError
from backend.events import drafts
from backend.ledger import chart
from backend.networks.port import Reason
from backend.payments import receipts, shapes
from backend.payments.effects import Effect, settled
from backend.payments.rows import Charge, Payment, Refund

Row = dict[str, Any]

FIRST_WATCH_SECONDS = 10.0
"""How long after a refund succeeded we first ask whether its money came back."""
_FAILURES: dict[str | None, str] = {
    Reason.INCORRECT_NUMBER: "expired_or_canceled_card", Reason.EXPIRED_CARD: "expired_or_canceled_card",
    Reason.LOST_CARD: "lost_or_stolen_card", Reason.STOLEN_CARD: "lost_or_stolen_card"}


def apply(ctx: Context, payment: Payment, charge: Charge, refund: Refund, answer: Row, watch_at: str,
          released: int) -> Effect:
    """The effect of `answer` on a pending refund.

    Its outcome is approved, pending (the acquirer decides later), returned (approved, and the money came back),
    declined, unknown, not_sent, not_received or reversed. `watch_at` is when a succeeded one is looked at again;
    `released` is what of the charge was given free instead of captured.
    """
    outcome = answer["outcome"]
    if outcome == "approved":
        effect = _succeeded(ctx, payment, charge, refund, answer, watch_at, released)
    elif outcome == "returned":
        effect = _failed(ctx, refund, _why(answer),
                         acquirer_ref=answer.get("acquirer_ref"))
        effect.entries = [*chart.refund_closed(refund.id, refund.currency, posted=True),
                          *chart.refund_returned(refund.id, refund.amount, refund.currency)]
        effect.attempt = settled("approved", answer)
    elif outcome in ("unknown", "pending"):
        effect = moved(refund, {}, attempt=settled("unknown", answer))
    else:
        effect = _failed(ctx, refund, _why(answer))
        effect.entries = chart.refund_closed(refund.id, refund.currency, posted=False)
        effect.attempt = settled(outcome if outcome in ("declined", "reversed") else "failed", answer)
        if outcome == "not_sent":
            effect.error = ApiError("The refund could not be sent to the card network. No money moved; please "
                                    "try again.")
    assert effect.attempt
    effect.attempt.answer = {k: v for k, v in answer.items() if v is not None and k != "outcome"}
    effect.attempt.note = answer.get("reason")
    return effect


def came_back(ctx: Context, charge: Charge, refund: Refund, answer: Row, released: int) -> Effect:
    """The money of a refund that had succeeded came back: it failed after all, and the balance is restored."""
    effect = _failed(ctx, refund, _why(answer))
    effect.charge = _refunded(charge, -refund.amount, released)
    effect.entries = chart.refund_returned(refund.id, refund.amount, refund.currency)
    return effect


def moved(refund: Refund, change: Row, **more: Any) -> Effect:
    """The effect that a refund is what `change` says; it holds only while its status is as it was read."""
    return Effect(refund=refund.changed(change),
                  refund_changes=[{"id": refund.id, "status": refund.status, "change": change}], **more)


def events(ctx: Context, types: list[str], before: Refund, after: Refund) -> list[Row]:
    """Events about a refund that changed, each with what it was before."""
    old, new = shapes.refund(before), shapes.refund(after)
    previous = drafts.changed(old, new)
    return [drafts.draft(ctx, type, new, None if type == "refund.created" else previous) for type in types]


def _succeeded(ctx: Context, payment: Payment, charge: Charge, refund: Refund, answer: Row, watch_at: str,
               released: int) -> Effect:
    change: Row = {"status": "succeeded", "pending_reason": None, "acquirer_ref": answer.get("acquirer_ref"),
              "next_check_at": watch_at}
    made = _refunded(charge, refund.amount, released)
    return moved(
        refund, change, charge=made, attempt=settled("approved", answer),
        parts=receipts.of_refund(ctx, payment, charge, refund),
        entries=chart.refund_closed(refund.id, refund.currency, posted=True),
        events=[drafts.draft(ctx, "charge.refunded", receipts.shown(ctx, made, payment)),
                *events(ctx, ["refund.updated", "charge.refund.updated"], refund, replace(refund, **change))])


def _failed(ctx: Context, refund: Refund, why: str, **more: Any) -> Effect:
    change: Row = {"status": "failed", "pending_reason": None, "failure_reason": why, "next_check_at": None, **more}
    return moved(
        refund, change, gives_back=refund.amount,
        events=events(ctx, ["refund.failed", "refund.updated", "charge.refund.updated"], refund,
                      replace(refund, **change)))


def _refunded(charge: Charge, amount: int, released: int) -> Charge:
    """What was released of a hold stands in the total as well, beside what is given back of what was captured (R7)."""
    total = charge.amount_refunded + amount
    return replace(charge, amount_refunded=total, refunded=total == charge.amount_captured + released)


def _why(answer: Row) -> str:
    """`failure_reason`: from why it was refused, or sent back, where that was said."""
    if answer["outcome"] in ("not_sent", "not_received", "reversed"):
        return "unknown"
    return _FAILURES.get(answer.get("why"), "declined")
