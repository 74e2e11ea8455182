"""What an acquirer's answer does to an authorisation that stands: it is raised, captured or released; pure."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from backend.context import Context
from backend.due import timers
from backend.due.kinds import Kind
from backend.errors import ApiError, CardError, FarthingError, InvalidRequest
from backend.events import drafts
from backend.exchanges.rows import Attempt
from backend.ledger import chart
from backend.metadata import merged
from backend.networks import declines
from backend.payments import effects, receipts, shapes
from backend.payments.effects import Effect
from backend.payments.holds import releases
from backend.payments.rows import Charge, Payment
from backend.payments.states import Happening, after

Row = dict[str, Any]


def capture(ctx: Context, payment: Payment, attempt: Attempt, charge: Charge | None, method: Row | None,
            answer: Row) -> Effect:
    """An approved one that others follow leaves the rest held; the final one releases it, and the intent succeeded."""
    if answer["outcome"] in effects.UNDECIDED:
        return _waiting(ctx, payment, "capture")
    if answer["outcome"] != "approved":
        return _restored(ctx, payment, attempt, answer, "captured")
    assert charge is not None, "money was captured on a charge that we do not have"
    amount, before = attempt.amount, payment.captured
    left, final = payment.amount_capturable - amount, effects.asked(attempt).get("final_capture", True)
    rest = left if final else 0
    made = replace(charge, captured=True, amount_captured=before + amount,
                   amount_refunded=charge.amount_refunded + rest,
                   refunded=charge.amount_refunded == before + amount)
    change: Row = {"status": after(payment.status, Happening.CAPTURE if final else Happening.RESTORE),
              "captured": before + amount, "amount_capturable": 0 if final else left, "last_attempt": None}
    now = payment.changed(change)
    told = (_capturable(ctx, payment, charge, now, made) if not final else
            [effects.charge_event(ctx, "charge.captured", made, now),
             effects.event(ctx, "payment_intent.succeeded", now)])
    effect = Effect(
        payment=change, attempt=effects.settled("approved", answer), charge=made,
        entries=chart.captured(payment.id, amount, attempt.currency, from_hold=True, before=before,
                               turn=attempt.number if before else 0, final=final,
                               at_once=effects.at_once(ctx, charge)), events=told)
    effect = releases.give(ctx, effect, payment, attempt, made, rest) if rest else effect
    return effects.follow(ctx, _closed(payment, effect)) if final else effect


def _capturable(ctx: Context, payment: Payment, charge: Charge, now: Payment, made: Charge) -> list[Row]:
    """That the charge changed, and how much of it can be captured now."""
    old, new = (receipts.shown(ctx, one, of) for one, of in ((charge, payment), (made, now)))
    return [drafts.draft(ctx, "charge.updated", new, drafts.changed(old, new)),
            effects.event(ctx, "payment_intent.amount_capturable_updated", now)]


def increment(ctx: Context, payment: Payment, attempt: Attempt, charge: Charge | None, method: Row | None,
              answer: Row) -> Effect:
    """An approved one raises intent, charge and hold; whatever else it was, the authorisation stands as before."""
    if answer["outcome"] in effects.UNDECIDED:
        return _waiting(ctx, payment, "increment")
    assert charge is not None, "an authorisation without a charge was raised"
    if answer["outcome"] != "approved":
        declined = answer["outcome"] == "declined"
        explained = declines.explain(answer.get("why"), answer.get("response_code"))
        why = effects.why(explained, charge.id) if declined else None
        effect = _restored(ctx, payment, attempt, answer, "incremented", CardError(**why) if why else None)
        if effect.error and declined:
            effect.error.extra["payment_intent"] = shapes.intent(payment.changed(effect.payment), livemode=ctx.livemode)
        return effect
    amount, words = attempt.amount, dict(effects.asked(attempt))
    metadata = words.pop("metadata", None)
    made = replace(charge, amount=charge.amount + amount,
                   payment_method_details=_raised(charge.payment_method_details or {}, amount))
    change: Row = {"status": after(payment.status, Happening.RESTORE), "amount": payment.amount + amount,
              "amount_capturable": payment.amount_capturable + amount, "last_attempt": None,
              **words}
    with suppress(InvalidRequest):  # it grew too large meanwhile: the money counts, the words do not
        change["metadata"] = merged(payment.metadata, metadata)
    return Effect(payment=change, attempt=effects.settled("approved", answer), charge=made,
                  entries=chart.incremented(payment.id, amount, attempt.currency),
                  events=_capturable(ctx, payment, charge, payment.changed(change), made))


def _raised(details: Row, amount: int) -> Row:
    """`payment_method_details` of a charge whose authorisation was raised by `amount`."""
    card = details["card"]
    total = card["amount_authorized"] + amount
    return details | {"card": card | {
        "amount_authorized": total, "overcapture": card["overcapture"] | {"maximum_amount_capturable": total}}}


def void(ctx: Context, payment: Payment, attempt: Attempt, charge: Charge | None, method: Row | None,
         answer: Row) -> Effect:
    """An approved one releases what is held: the intent is canceled, or has succeeded if a part was captured."""
    if answer["outcome"] in effects.UNDECIDED:
        return _waiting(ctx, payment, "void")
    if answer["outcome"] != "approved":
        return releases.keep(ctx, _restored(ctx, payment, attempt, answer, "canceled"), attempt)
    assert charge is not None, "an authorisation without a charge was voided"
    if payment.captured:
        return _rest_released(ctx, payment, attempt, charge, answer)
    made = replace(charge, amount_refunded=charge.amount, refunded=True)
    change: Row = {"status": after(payment.status, Happening.CANCEL), "amount_capturable": 0, "last_attempt": None,
              "canceled_at": ctx.clock.now().isoformat()}
    now = payment.changed(change)
    expired = payment.cancellation_reason == effects.EXPIRED
    told = [effects.charge_event(ctx, "charge.expired", made, now)] if expired else []
    effect = Effect(
        payment=change, attempt=effects.settled("approved", answer), charge=made, reverse=attempt.original_key,
        entries=chart.released(payment.id, attempt.currency, expired=expired),
        events=[*told, effects.event(ctx, "payment_intent.canceled", now)])
    return releases.give(ctx, _closed(payment, effect), payment, attempt, made, charge.amount)


def _rest_released(ctx: Context, payment: Payment, attempt: Attempt, charge: Charge, answer: Row) -> Effect:
    """The rest of what was captured in part is given free: what was captured is what was paid."""
    expired = payment.cancellation_reason == effects.EXPIRED
    change: Row = {"status": after(payment.status, Happening.CAPTURE), "amount_capturable": 0, "last_attempt": None,
              "cancellation_reason": None}
    now, rest = payment.changed(change), payment.amount_capturable
    total = charge.amount_refunded + rest
    made = replace(charge, amount_refunded=total, refunded=total == charge.amount)
    effect = Effect(payment=change, attempt=effects.settled("approved", answer), charge=made,
                    entries=chart.released(payment.id, attempt.currency, expired=expired),
                    events=[effects.charge_event(ctx, "charge.captured", made, now),
                            effects.event(ctx, "payment_intent.succeeded", now)])
    return effects.follow(ctx, releases.give(ctx, _closed(payment, effect), payment, attempt, made, rest))


def _closed(payment: Payment, effect: Effect) -> Effect:
    """Nothing is held any more that could be captured: the end of the window is awaited no longer."""
    effect.parts["timers"] = [timers.none(Kind.CAPTURE_WINDOW, payment.id)]
    return effect


def _waiting(ctx: Context, payment: Payment, kind: str) -> Effect:
    """An increment, capture or void without an answer: the intent stays `processing` while we ask, and send again."""
    change: Row = {"last_attempt": {"outcome": "unknown", "kind": kind}}
    return Effect(payment=change, attempt=effects.settled("unknown", {}),
                  events=[effects.event(ctx, "payment_intent.processing", payment.changed(change))])


_TOLD = {"captured": "payment_intent.amount_capturable_updated",
         "incremented": "payment_intent.amount_capturable_updated", "canceled": "payment_intent.payment_failed"}
"""What tells a merchant who was told `processing` that it did not happen. Never of a void that the money can be
captured: whoever captures at that word would take the money of what was canceled."""


def _restored(ctx: Context, payment: Payment, attempt: Attempt, answer: Row, verb: str,
              error: FarthingError | None = None) -> Effect:
    """An increment, capture or void that surely did not happen: the authorisation stands as before.

    Whoever waits for the answer is told by it; of one that was asked about meanwhile, an event tells, and the intent
    has the reason.
    """
    status = "declined" if answer["outcome"] == "declined" else "failed"
    change: Row = {"status": after(payment.status, Happening.RESTORE), "last_attempt": None}
    if attempt.kind == "void":
        change["cancellation_reason"] = None
    if error is None and status == "declined":
        error = InvalidRequest(f"The card network refused: this payment could not be {verb} "
                               f"(response code {answer.get('response_code')}).", code="charge_expired_for_capture"
                               if verb == "captured" else "payment_intent_unexpected_state")
    elif error is None:
        error = ApiError(f"The payment could not be {verb} because the card network cannot be reached. Nothing "
                         "changed; please try again.")
    events = []
    if attempt.check_no:
        code = error.code or "processing_error"
        change["last_payment_error"] = error.extra | {
            "type": error.type, "code": code, "charge": attempt.charge_id, "message": error.message,
            "doc_url": f"{ctx.settings.api_base}/docs/errors#{code}"}
        events = [effects.event(ctx, _TOLD[verb], payment.changed(change))]
    return Effect(payment=change, attempt=effects.settled(status, answer), events=events, error=error)
