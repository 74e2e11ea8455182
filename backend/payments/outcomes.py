"""What an acquirer's answer does to a payment: a pure function from (payment, attempt, answer) to the effect.

The live path and the reconciler use the same function, so an outcome reads the same whichever of them learns it.
"""

from dataclasses import replace
from typing import Any

from backend.clock import unix
from backend.context import Context
from backend.customers import shapes as customer_shapes
from backend.due import timers
from backend.due.kinds import Kind
from backend.errors import ApiError, CardError
from backend.events import drafts
from backend.exchanges.rows import Attempt
from backend.ledger import chart
from backend.networks import declines, routing
from backend.payments import descriptors, effects, scenarios, shapes
from backend.payments.effects import Effect
from backend.payments.holds import outcomes as of_holds
from backend.payments.rows import Charge, Payment
from backend.payments.states import Happening, after

Row = dict[str, Any]

FEATURES = dict.fromkeys(("incremental_authorization", "multicapture"), ("visa", "mastercard", "amex", "discover"))
"""What an authorisation may be able to do beside being captured once -> the brands that can."""
_NOT_KEPT = ("outcome", "sick")
"""Parts of an answer that the attempt's row does not keep: its status says the one, the other was for the moment."""


def apply(ctx: Context, payment: Payment, attempt: Attempt, charge: Charge | None, method: Row | None, answer: Row,
          earlier: Row | None = None) -> Effect:
    """The effect of `answer` (outcome approved | declined | unknown | pending | not_sent | not_received | reversed).

    Or blocked: our own risk check refused, and nothing was sent; or recalled: a debit that was called back.
    `earlier` is the decline of a first try: it is the last word when the second one never left.
    """
    kind = {"authorize": _authorization, "sale": _authorization, "increment": of_holds.increment,
            "capture": of_holds.capture, "void": of_holds.void}[attempt.kind]
    effect = kind(ctx, payment, attempt, charge, method, answer)
    if earlier and answer["outcome"] == "not_sent":
        effect = _still_declined(ctx, payment, method, answer, earlier)
    assert effect.attempt
    effect.attempt.answer = {k: v for k, v in answer.items() if v is not None and k not in _NOT_KEPT}
    effect.attempt.note = answer.get("reason")
    return effect


def going_on(effect: Effect) -> Effect:
    """The same end of a try while another one follows at once: the intent stays `processing` and nobody is told."""
    change: Row = {"latest_charge_id": effect.charge.id} if effect.charge else {}
    return Effect(payment=change, attempt=effect.attempt, charge=effect.charge,
                  events=[event for event in effect.events if event["type"] == "charge.failed"])


def _authorization(ctx: Context, payment: Payment, attempt: Attempt, charge: Charge | None, method: Row | None,
                   answer: Row) -> Effect:
    outcome = answer["outcome"]
    if outcome == "approved":
        return _approved(ctx, payment, attempt, charge, method, answer)
    if outcome == "declined":
        return _declined(ctx, payment, attempt, charge, method, answer)
    if outcome in effects.UNDECIDED:
        return _unknown(ctx, payment, attempt, charge, method, answer)
    if outcome == "recalled":
        return _recalled(ctx, payment, charge, answer)
    if outcome == "blocked":
        return _blocked(ctx, payment, attempt, charge, method, answer)
    return _failed(ctx, payment, attempt, charge, method, answer)


def _approved(ctx: Context, payment: Payment, attempt: Attempt, charge: Charge | None, method: Row | None,
              answer: Row) -> Effect:
    sale, amount, currency = attempt.kind == "sale", attempt.amount, attempt.currency
    made = _charge(
        ctx, payment, attempt, charge, method, answer, status="succeeded", captured=sale,
        amount_captured=amount if sale else 0, outcome=_outcome(
            "authorized", "approved_by_network", answer.get("risk_level") or "normal", "Payment complete.",
            reason="elevated_risk_level" if answer.get("risk_level") == "elevated" else None))
    change: Row = {"status": after(payment.status, Happening.CAPTURE if sale else Happening.AUTHORIZE),
              "latest_charge_id": made.id, "last_payment_error": None, "next_action": None, "last_attempt": None,
              "captured": amount if sale else 0, "amount_capturable": 0 if sale else amount}
    entries = (chart.captured(payment.id, amount, currency, from_hold=False, at_once=effects.at_once(ctx, made))
               if sale else chart.authorized(payment.id, amount, currency))
    now = payment.changed(change)
    told = "payment_intent.succeeded" if sale else "payment_intent.amount_capturable_updated"
    effect = Effect(
        payment=change, attempt=effects.settled("approved", answer), charge=made, entries=entries,
        events=[*_saved(ctx, payment, method), effects.charge_event(ctx, "charge.succeeded", made, now),
                effects.event(ctx, told, now)])
    if not sale:
        effect.parts["timers"] = [timers.at(Kind.CAPTURE_WINDOW, payment.id, effects.window_ends(ctx, attempt))]
    return effects.follow(ctx, effect) if sale else effect


def _saved(ctx: Context, payment: Payment, method: Row | None) -> list[Row]:
    """A method that is kept for later payments is attached by the commit itself (`pay.t_payment_saves`)."""
    keeps = payment.setup_future_usage and payment.customer_id and method
    if not keeps or not method or method["customer_id"] or method["detached_at"]:
        return []
    kept = method | {"customer_id": payment.customer_id}
    return [drafts.draft(ctx, "payment_method.attached", customer_shapes.payment_method(kept, livemode=ctx.livemode))]


def _recalled(ctx: Context, payment: Payment, charge: Charge | None, answer: Row) -> Effect:
    """A debit was called back before its bank decided, for its intent is canceled."""
    change: Row = {"status": after(payment.status, Happening.CANCEL), "next_action": None, "last_attempt": None,
              "cancellation_reason": answer.get("cancellation_reason"), "canceled_at": ctx.clock.now().isoformat()}
    now = payment.changed(change)
    made = charge and replace(charge, status="failed", failure_code="canceled",
                              failure_message="The debit was called back before the bank decided.")
    told = [effects.charge_event(ctx, "charge.failed", made, now)] if made else []
    return Effect(payment=change, attempt=effects.settled("reversed", {}), charge=made,
                  events=[*told, effects.event(ctx, "payment_intent.canceled", now)])


def _blocked(ctx: Context, payment: Payment, attempt: Attempt, charge: Charge | None, method: Row | None,
             answer: Row) -> Effect:
    """Refused here for its risk: nothing was sent to the network."""
    debit = routing.is_collected(method)
    message = "Your bank account was declined." if debit else "Your card was declined."
    made = _charge(
        ctx, payment, attempt, charge, method, answer, status="failed", failure_code="card_declined",
        failure_message=message, outcome=_outcome(
            "blocked", "not_sent_to_network", answer["risk_level"],
            "This payment was blocked because its risk is too high.", reason=f"{answer['risk_level']}_risk_level"))
    error = {"charge": made.id, "code": "card_declined", "decline_code": "fraudulent", "message": message}
    return _refused(ctx, payment, made, method, error, "failed", answer, CardError)


def _declined(ctx: Context, payment: Payment, attempt: Attempt, charge: Charge | None, method: Row | None,
              answer: Row) -> Effect:
    """The issuer refused the card, or the customer's bank would not pay the debit."""
    debit = routing.is_collected(method)
    why = declines.explain(answer.get("why"), answer.get("response_code"), debit=debit)
    risk, said = ("not_assessed", "The customer's bank did not pay this debit.") if debit else (
        answer.get("risk_level") or "normal", "The bank did not approve this payment.")
    made = _charge(
        ctx, payment, attempt, charge, method, answer, status="failed", failure_code=why.code,
        failure_message=why.message, outcome=_outcome(
            "issuer_declined", "declined_by_network", risk, said, reason=why.decline_code or why.code,
            network_decline_code=why.network_decline_code) | {"advice_code": why.advice_code})
    return _refused(ctx, payment, made, method, effects.why(why, made.id), "declined", answer, CardError)


def _still_declined(ctx: Context, payment: Payment, method: Row | None, answer: Row, earlier: Row) -> Effect:
    """The second acquirer was never reached: nothing was charged there, and the first one's decline stands."""
    why = declines.explain(earlier.get("why"), earlier.get("response_code"))
    error = effects.why(why, payment.latest_charge_id or "")
    return _refused(ctx, payment, None, method, error, "failed", answer, CardError)


def _failed(ctx: Context, payment: Payment, attempt: Attempt, charge: Charge | None, method: Row | None,
            answer: Row) -> Effect:
    """Surely not charged: never sent, tombstoned, or approved and reversed. The shopper may try again."""
    what = "bank account" if routing.is_collected(method) else "card"
    message = f"An error occurred while processing your {what}. You were not charged. Please try again."
    status = "reversed" if answer["outcome"] == "reversed" else "failed"
    made = None
    if charge is not None:
        made = replace(charge, status="failed", failure_code="processing_error", failure_message=message)
    effect = _refused(ctx, payment, made, method, {"code": "processing_error", "message": message}, status,
                      answer, CardError)
    if answer["outcome"] == "not_sent":
        if attempt.idempotency_key and attempt.number == payment.version:
            _give_up(ctx, payment, effect)
        shape = shapes.intent(payment.changed(effect.payment), livemode=ctx.livemode)
        effect.error = ApiError("The payment could not be sent to the card network. Nothing was charged; please try "
                                "again.", payment_intent=shape)
    return effect


def _give_up(ctx: Context, payment: Payment, effect: Effect) -> None:
    """Close an intent that was born in the very request whose message never left.

    Its key is let go so that the same request may run afresh, and then makes an intent of its own: of all intents
    under one key at most one is alive.
    """
    effect.payment |= {"status": after(payment.status, Happening.CANCEL), "cancellation_reason": "automatic",
                       "canceled_at": ctx.clock.now().isoformat()}
    effect.events = [*effect.events[:-1],  # with the last word as it was, the intent would look open for a moment
                     effects.event(ctx, "payment_intent.payment_failed", payment.changed(effect.payment)),
                     effects.event(ctx, "payment_intent.canceled", payment.changed(effect.payment))]


def _refused(ctx: Context, payment: Payment, charge: Charge | None, method: Row | None, error: Row,
             status: str, answer: Row, kind: type[CardError]) -> Effect:
    shown = {"type": "card_error", **error}
    if error.get("code"):
        shown["doc_url"] = f"{ctx.settings.api_base}/docs/errors#{error['code']}"
    if method:
        shown["payment_method"] = customer_shapes.payment_method(method, livemode=ctx.livemode)
    change: Row = {"status": after(payment.status, Happening.FAIL), "last_payment_error": shown,
                   "next_action": None, "last_attempt": None, "payment_method_id": None, "amount_capturable": 0}
    if charge:
        change["latest_charge_id"] = charge.id
    now = payment.changed(change)
    shape = shapes.intent(now, livemode=ctx.livemode)
    events = [effects.charge_event(ctx, "charge.failed", charge, now)] if charge else []
    public = {k: v for k, v in shown.items() if k not in ("type", "message", "code", "doc_url")}
    return Effect(
        payment=change, attempt=effects.settled(status, answer), charge=charge,
        events=[*events, effects.event(ctx, "payment_intent.payment_failed", now)],
        error=kind(error["message"], code=error["code"], payment_intent=shape, **public))


def _unknown(ctx: Context, payment: Payment, attempt: Attempt, charge: Charge | None, method: Row | None,
             answer: Row) -> Effect:
    """No answer is not a failure: the intent stays `processing` and the reconciler asks (money rule 3). So it does
    while a bank has the debit and has not decided."""
    made = _charge(ctx, payment, attempt, charge, method, answer, status="pending")
    asking = None if answer["outcome"] == "pending" else {"outcome": "unknown", "kind": attempt.kind}
    change: Row = {"latest_charge_id": made.id, "last_attempt": asking}
    now = payment.changed(change)
    return Effect(payment=change, attempt=effects.settled("unknown", answer), charge=made,
                  events=[effects.charge_event(ctx, "charge.pending", made, now),
                          effects.event(ctx, "payment_intent.processing", now)])


def _charge(ctx: Context, payment: Payment, attempt: Attempt, charge: Charge | None, method: Row | None, answer: Row, *,
            status: str, **said: Any) -> Charge:
    """The charge of an authorisation attempt, with what its outcome says of it."""
    method = method or {"type": "card", "card": {}, "billing_details": {}, "id": attempt.payment_method_id}
    details = {**(_bank_details(attempt, method) if routing.is_collected(method)
                  else _details(ctx, payment, attempt, method["card"], answer)),
               "seller": descriptors.seller(ctx.account_name)}
    heard: Row = {name: answer.get(name) for name in ("acquirer_ref", "authorization_code", "network_transaction_id")}
    return replace(charge or _born(ctx, payment, attempt, method, status), status=status,
                   payment_method_details=details, **heard, **said)


def _outcome(type: str, network_status: str, risk_level: str, seller_message: str, *, reason: str | None,
             network_decline_code: str | None = None) -> Row:
    """`outcome` of a charge."""
    return {"advice_code": None, "network_advice_code": None, "network_decline_code": network_decline_code,
            "network_status": network_status, "reason": reason, "risk_level": risk_level,
            "seller_message": seller_message, "type": type}


def _born(ctx: Context, payment: Payment, attempt: Attempt, method: Row, status: str) -> Charge:
    """A new charge, before anything was heard of it."""
    assert attempt.charge_id
    return Charge(
        env=payment.env, id=attempt.charge_id, payment_id=payment.id, amount=attempt.amount,
        currency=attempt.currency, amount_captured=0, amount_refunded=0, status=status, step=1, captured=False,
        refunded=False, failure_code=None, failure_message=None, outcome=None, payment_method_details=None,
        billing_details=customer_shapes.billing(method["billing_details"]), customer_id=payment.customer_id,
        payment_method_id=method["id"], acquirer_ref=None, authorization_code=None, network_transaction_id=None,
        actor=ctx.actor, request_id=ctx.request_id, created_at=ctx.clock.now().isoformat(),
        scenario=None if ctx.livemode else scenarios.of(method, attempt.three_d_secure))


def _bank_details(attempt: Attempt, method: Row) -> Row:
    """`payment_method_details` of a debit."""
    account = method["bank"]
    shown = {name: account.get(name) for name in (
        ("bank_code", "branch_code", "country") if method["type"] == "sepa_debit"
        else ("account_holder_type", "account_type", "bank_name", "routing_number"))}
    if method["type"] == "us_bank_account":
        shown["payment_reference"] = attempt.network_key[:12]
    return {"type": method["type"], method["type"]: {
        **shown, "expected_debit_date": None, "fingerprint": account["fingerprint"], "last4": account["last4"],
        "mandate": attempt.mandate_id}}


def _details(ctx: Context, payment: Payment, attempt: Attempt, card: Row, answer: Row) -> Row:
    """`payment_method_details` of a card charge."""
    before = unix(effects.window_ends(ctx, attempt)) if attempt.kind == "authorize" else None
    secure = attempt.three_d_secure
    can = {name: _available(payment, attempt, card, name) for name in FEATURES}
    return {"type": "card", "card": {
        "amount_authorized": attempt.amount, "authorization_code": answer.get("authorization_code"),
        "brand": card.get("brand"), "capture_before": before,
        "checks": {"address_line1_check": answer.get("line1_check"),
                   "address_postal_code_check": answer.get("postal_check"), "cvc_check": answer.get("cvc_check")},
        "country": card.get("country"), "exp_month": card.get("exp_month"), "exp_year": card.get("exp_year"),
        "extended_authorization": {"status": "disabled"}, "fingerprint": card.get("fingerprint"),
        "funding": card.get("funding"), "incremental_authorization": can["incremental_authorization"],
        "installments": None, "last4": card.get("last4"), "mandate": None, "multicapture": can["multicapture"],
        "network": card.get("brand"), "network_token": {"used": False},
        "network_transaction_id": answer.get("network_transaction_id"),
        "overcapture": {"maximum_amount_capturable": attempt.amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None if not secure or not secure.get("result") else {
            "authentication_flow": secure.get("flow"), "electronic_commerce_indicator": secure.get("eci"),
            "exemption_indicator": None, "result": secure.get("result"), "result_reason": None,
            "transaction_id": secure.get("ds_transaction_id"), "version": "2.2.0"},
        "wallet": None}}


def _available(payment: Payment, attempt: Attempt, card: Row, feature: str) -> Row:
    """Whether an authorisation can do more: only one that waits for its capture, asked for it, of a brand that can."""
    wished = (payment.payment_method_options.get("card") or {}).get(f"request_{feature}") == "if_available"
    can = wished and attempt.kind == "authorize" and card.get("brand") in FEATURES[feature]
    return {"status": "available" if can else "unavailable"}
