"""What one answer of an acquirer changes, and how it is told; what all outcomes of payments share."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from backend.context import Context
from backend.disputes import disputes
from backend.events import drafts
from backend.events.reactions import Reaction
from backend.exchanges import subject
from backend.exchanges.rows import Attempt, Ending
from backend.networks import declines
from backend.payments import receipts, scenarios, shapes
from backend.payments.rows import Charge, Payment, Refund

Row = dict[str, Any]

UNDECIDED = ("unknown", "pending")
"""Outcomes that decide nothing: no answer came, or somebody has the message and decides later."""
EXPIRED = "expired"
"""cancellation_reason of an intent whose capture window ended; no caller may give it."""


@dataclass(slots=True)
class Effect(subject.Effect):
    """What one answer changes of a payment, its charge and its refunds. `payment` is what is new in it, `refund` the
    refund as it is now, `gives_back` how much of the payment may be refunded anew."""

    payment: Row = field(default_factory=dict)
    charge: Charge | None = None
    entries: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    reverse: str | None = None
    refund: Refund | None = None
    refunds: list[Refund] = field(default_factory=list)
    refund_changes: list[Row] = field(default_factory=list)
    gives_back: int = 0


def follow(ctx: Context, effect: Effect) -> Effect:
    """Add what a payment of this test card causes at once: its dispute, or its early fraud warning."""
    charge = effect.charge
    if charge and charge.scenario and charge.disputed is None:
        effect.charge = replace(charge, disputed=charge.scenario != "fraud_record")
        parts, events = disputes.born(ctx, vars(charge))
        effect.parts |= parts
        effect.events += events
    return effect


def at_once(ctx: Context, charge: Charge) -> bool:
    """Whether captured money of this charge is available at once: of test cards and accounts for that."""
    return not ctx.livemode and scenarios.at_once(charge)


def window_ends(ctx: Context, authorization: Attempt) -> datetime:
    """Until when an authorisation can be captured, counted from its message to the acquirer."""
    window = timedelta(days=ctx.settings.capture_window_days)
    return datetime.fromisoformat(authorization.sent_at) + window


def is_open(ctx: Context, authorization: Attempt) -> bool:
    """Whether an authorisation can still be captured."""
    return window_ends(ctx, authorization) > ctx.clock.now()


def asked(attempt: Attempt) -> Row:
    """What the request asked for beside the amount."""
    return attempt.asked or {}


def settled(status: str, answer: Row) -> Ending:
    """What the end of an attempt writes on it, all but the answer itself; of one that is `unknown` nothing is known."""
    known = status in ("approved", "reversed")
    return Ending(status=status, acquirer_ref=answer.get("acquirer_ref") if known else None)


def why(why: declines.Decline, charge_id: str) -> Row:
    """A decline as `last_payment_error` shows it."""
    error = {"charge": charge_id, "code": why.code, "decline_code": why.decline_code, "message": why.message,
             "advice_code": why.advice_code, "network_decline_code": why.network_decline_code, "param": why.param}
    return {k: v for k, v in error.items() if v}


def event(ctx: Context, type: str, payment: Payment) -> Row:
    concerns = (Reaction.SETTLE_SESSION,) if payment.checkout_session_id else ()
    return drafts.draft(ctx, type, shapes.intent(payment, livemode=ctx.livemode), concerns=concerns)


def charge_event(ctx: Context, type: str, charge: Charge, payment: Payment) -> Row:
    return drafts.draft(ctx, type, receipts.shown(ctx, charge, payment))
