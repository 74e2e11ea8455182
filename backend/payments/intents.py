"""PaymentIntents: create, read, change, confirm, capture, cancel. Source: reference contract sections 7-9."""

from typing import Any

from backend import chargeable, fixed, ids
from backend.authentications import three_d_secure
from backend.context import Context
from backend.customers import mandates, microdeposits, payment_methods, supplies
from backend.db import CommitUnknown, Connection, constraint, sqlstate
from backend.errors import CardError, InvalidRequest, Locked, NotFound
from backend.exchanges.subject import Changed
from backend.metadata import merged
from backend.networks import routing
from backend.payments import (
    challenges,
    checks,
    commits,
    debits,
    descriptors,
    effects,
    failover,
    new_rows,
    recalls,
    receipts,
    shapes,
    sql,
    steps,
)
from backend.payments.holds import operations
from backend.payments.rows import Payment
from backend.payments.states import CANCELABLE, CONFIRMABLE, Happening, Intent, after, require
from backend.payments.steps import Step
from backend.published import published
from backend.requests import answers, idempotency
from backend.risk import brakes

Row = dict[str, Any]

_AT_CONFIRM = ("return_url", "receipt_email", "shipping", "setup_future_usage", "payment_method_options")
_AT_CAPTURE = ("receipt_email", "statement_descriptor", "statement_descriptor_suffix", "transfer_group")
_OF_SESSION = ("amount", "currency", "customer", "capture_method", "payment_method")


def shape(ctx: Context, row: Payment) -> dict[str, Any]:
    """The public object of a row, narrowed to what a publishable key may see."""
    full = shapes.intent(row, livemode=ctx.livemode)
    shown: dict[str, Any] = published(full) if ctx.publishable else full
    return shown


async def create(ctx: Context, params: Row, *, answers: str | None = None) -> dict[str, Any]:
    """A new intent; with `confirm` it is paid at once. Writes payment_intent.created.

    With `answers` "charge" the answer is the charge instead (see charges.create). Raises InvalidRequest, NotFound,
    CardError (declined), ApiError (nothing left, try again).
    """
    if params.get("confirm"):
        failover.require_any(ctx)  # before anybody is asked anything
    id = ids.new("pi", ctx.env)
    params = await supplies.taken(ctx, params, id, params.get("customer") if params.get("confirm") else None)
    method = await steps.read_for_new(ctx, params.get("payment_method"), params.get("customer"))
    if params.get("payment_method"):
        method = method or await payment_methods.adopt(ctx, params["payment_method"])
        payment_methods.check_owner(method, params.get("customer"))
    elif params.get("confirm"):
        raise InvalidRequest("You must provide a payment method when confirming: pass payment_method.",
                             code="parameter_missing", param="payment_method")
    if "payment_method_types" not in params:
        params = {"automatic_payment_methods": {"enabled": True}, **params}
    row = new_rows.intent(ctx, params, id)
    step = Step(row, method=method, new=True, answers=answers)
    descriptors.check(step, params)
    if params.get("confirm"):
        return await _confirm(ctx, step, params)
    change = {"status": after(row.status, Happening.GIVE_METHOD if method else Happening.CREATE),
              "payment_method_id": method["id"] if method else None}
    return await _local(ctx, step, change, ["payment_intent.created"], resource=row.id)


async def prepare(ctx: Context, tx: Connection, params: Row) -> dict[str, Any]:
    """Insert an intent inside a caller's transaction (a checkout session's, say); writes payment_intent.created."""
    row = new_rows.intent(ctx, params)
    row.status = after(row.status, Happening.CREATE)
    born = effects.event(ctx, "payment_intent.created", row)
    await commits.write_in(ctx, tx, {**commits.moved(ctx, row, {}, new=True), "events": [born]})
    return shapes.intent(row, livemode=ctx.livemode)


async def reprice(ctx: Context, tx: Connection, id: str, amount: int) -> None:
    """Another amount for a checkout session's intent that waits for a card, inside the caller's transaction.

    Raises InvalidRequest when it no longer waits, Locked when it changed at this moment.
    """
    row = (await _read(ctx, id)).payment
    require("update", row, CONFIRMABLE, shape(ctx, row))
    chargeable.check(amount, row.currency)
    try:
        await commits.write_in(ctx, tx, commits.moved(ctx, row, {"amount": amount}))
    except Exception as error:
        if sqlstate(error) == sql.CHANGED:
            raise Locked("PaymentIntent") from error
        raise


async def get(ctx: Context, id: str, client_secret: str | None = None) -> dict[str, Any]:
    """One intent. A publishable key must hold its client secret; raises NotFound otherwise."""
    rows = await ctx.db.rows(ctx.env, sql.GET, (ctx.env, id))
    if not rows:
        raise NotFound("payment_intent", id, "intent")
    row = Payment.read(rows[0]["row"])
    checks.secret(ctx, row, client_secret)
    return shape(ctx, row)


async def update(ctx: Context, id: str, params: Row) -> dict[str, Any]:
    """Change an intent that is not finished; amount and currency only before it is authorised."""
    params = await _supplied(ctx, id, params, "update")
    step = await _read(ctx, id, params.get("payment_method"), params.get("client_secret"))
    row = step.payment
    if set(params) - {"metadata", "description", "expand", "client_secret"}:
        require("update", row, CONFIRMABLE, shape(ctx, row))
    if row.checkout_session_id and (barred := next((name for name in _OF_SESSION if name in params), None)):
        raise InvalidRequest(f"This PaymentIntent belongs to Checkout Session '{row.checkout_session_id}', whose "
                             f"page has told the customer what is charged, so its {barred} cannot be changed.",
                             param=barred, code="payment_intent_unexpected_state")
    fixed.require("PaymentIntent", vars(row), params, {"customer": "customer_id"})
    if params.get("customer"):
        await steps.read_for_new(ctx, None, params["customer"])
    change: Row = {name: params[name] or None for name in (*new_rows.PLAIN, "customer") if name in params}
    if "customer" in change:
        change["customer_id"] = change.pop("customer")
    change |= {name: params[name] for name in ("amount", "currency", "capture_method", "payment_method_types")
               if name in params}
    if "amount" in change or "currency" in change:
        chargeable.check(**{name: (vars(row) | change)[name] for name in ("amount", "currency")})
    if "payment_method_options" in params:
        change["payment_method_options"] = shapes.options(params)
    if "metadata" in params:
        change["metadata"] = merged(row.metadata, params["metadata"])
    if params.get("payment_method"):
        step.method = step.method or await payment_methods.load(ctx, params["payment_method"])
        payment_methods.check_owner(step.method, change.get("customer_id", row.customer_id))
        change |= {"payment_method_id": step.method["id"], "status": after(row.status, Happening.GIVE_METHOD),
                   "next_action": None}
    descriptors.check(step, params)
    try:
        return await _local(ctx, step, change, [])
    except Exception as error:
        if constraint(error) in sql.CURRENCY_TIES:
            raise InvalidRequest("The currency of this PaymentIntent can no longer be changed because it was confirmed "
                                 "before; create a new PaymentIntent.", param="currency") from error
        raise


async def confirm(ctx: Context, id: str, params: Row, *, by_session: bool = False) -> dict[str, Any]:
    """Pay: authenticate where the card asks for it, then authorise. At most one live attempt per intent."""
    params = await _supplied(ctx, id, params, "confirm")
    step = await _read(ctx, id, params.get("payment_method"), params.get("client_secret"))
    require("confirm", step.payment, CONFIRMABLE, shape(ctx, step.payment))
    checks.session(step.payment, by_session, "confirm")
    payer = None if by_session or step.method else step.payment.customer_id
    return await _confirm(ctx, step, await supplies.taken(ctx, params, id, payer))


async def _supplied(ctx: Context, id: str, params: Row, verb: str) -> Row:
    """A card that is named by data or by a confirmation token becomes a method; not for whom the intent is closed."""
    if not {"payment_method_data", "confirmation_token"} & params.keys():
        return params
    row = (await _read(ctx, id, None, params.get("client_secret"))).payment
    require(verb, row, CONFIRMABLE, shape(ctx, row))
    return await supplies.taken(ctx, params, id)


async def _confirm(ctx: Context, step: Step, params: Row) -> dict[str, Any]:
    row = step.payment
    failover.require_any(ctx)
    if params.get("payment_method") and step.method is None:
        step.method = await payment_methods.load(ctx, params["payment_method"])
    method = step.method
    if method is None:
        raise InvalidRequest(
            "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent "
            "with a payment method or pass payment_method here.", code="payment_intent_unexpected_state",
            param="payment_method")
    payment_methods.check_owner(method, row.customer_id)
    descriptors.check(step, vars(row))
    if params.get("mandate"):
        await mandates.check(ctx, params["mandate"], method)
    checks.usage(ctx, row, params)
    checks.shipping(ctx, row, params)
    for name in ("return_url", "receipt_email", "shipping", "setup_future_usage"):
        if params.get(name):
            setattr(row, name, params[name])
    if "payment_method_options" in params:
        row.payment_method_options = shapes.options(params)
    debits.check_type(method, row)
    if routing.is_collected(method):
        next_action, error = await debits.prepare(ctx, step, params)
        return await (_rest(ctx, step, next_action, error) if next_action or error else _paid(ctx, step))
    asked = (row.payment_method_options.get("card") or {}).get("request_three_d_secure", "automatic")
    proof = three_d_secure.agreed(method) if params.get("off_session") else None
    step.brake = brakes.of(ctx, row.id, method)
    if proof is None and three_d_secure.needed(ctx, method, asked):
        return await _authenticate(ctx, step, params)
    try:
        step.brakes = brakes.begin(ctx, step.brake)
        return await _paid(ctx, step, proof)
    except brakes.Authenticate:  # so many were declined that the cardholder must show who they are, where the card can
        if three_d_secure.needed(ctx, method, "any"):
            return await _authenticate(ctx, step, params)
        step.brakes = brakes.begin(ctx, step.brake, authenticated=True)
        return await _paid(ctx, step, proof)


async def _authenticate(ctx: Context, step: Step, params: Row) -> dict[str, Any]:
    """Ask the card's issuer first, and pay when it has nothing to ask its cardholder."""
    if params.get("off_session"):
        return await _refuse_off_session(ctx, step)
    assert step.method
    await idempotency.answered(ctx)  # a request that comes again asks nobody and is not counted
    await brakes.count(ctx, brakes.begin(ctx, step.brake, authenticated=True))
    step.brakes, read = [], step.payment
    try:
        return await _verdict(ctx, step, params)
    except Exception as error:
        # Nothing was written that gives back what is held, or will.
        if step.payment is read and not isinstance(error, CommitUnknown):
            await brakes.count(ctx, brakes.end(ctx, step.brake) if step.brake else [])
        raise


async def _verdict(ctx: Context, step: Step, params: Row) -> dict[str, Any]:
    """Do what the issuer says; what is held is given back, or carried on, by the commit that does it."""
    verdict = await challenges.start(ctx, step)
    assert step.method
    if verdict.refused or (verdict.challenge and params.get("error_on_requires_action")):
        counted = {"brakes": brakes.end(ctx, step.brake, declined=True)} if step.brake else {}
        if verdict.challenge:
            return await _refuse_off_session(ctx, step, counted)
        return await _rest(ctx, step, None, three_d_secure.failure(ctx, step.method), counted)
    if verdict.challenge:
        assert verdict.row
        rest, verdict.row.brake = brakes.rest(ctx, step.brake)
        return await _rest(ctx, step, verdict.next_action, None, {
            "authentications": [verdict.row], "brakes": rest})
    return await _paid(ctx, step, verdict.proof)


async def verify_microdeposits(ctx: Context, id: str, params: Row) -> dict[str, Any]:
    """Tell what two small deposits were; when it is right the account is verified and the debit is sent."""
    step = await _read(ctx, id, None, params.get("client_secret"))
    row = step.payment
    if not microdeposits.awaited(row.next_action):
        raise InvalidRequest("This PaymentIntent does not wait for microdeposits to be verified: its next_action is "
                             "not verify_with_microdeposits.", code="payment_intent_unexpected_state")
    assert step.method
    found = await microdeposits.verify(ctx, step.method, params)
    if found == "verified":
        step.mandate = await mandates.of(ctx, step.method["id"], kinds=("multi_use", "single_use"))
        return await _paid(ctx, step)
    return await _rest(ctx, step, None, microdeposits.failure(ctx, step.method, found))


async def _paid(ctx: Context, step: Step, proof: Row | None = None) -> dict[str, Any]:
    """Send it, and answer with what became of it."""
    await authorize(ctx, step, proof)
    return _shown(ctx, step)


def _shown(ctx: Context, step: Step) -> dict[str, Any]:
    """What the request is answered with: the intent, or its charge where that was asked for."""
    if step.answers == "charge" and step.charge:
        return receipts.shown(ctx, step.charge, step.payment)
    return shape(ctx, step.payment)


async def authorize(ctx: Context, step: Step, proof: Row | None, *,
                    parts: dict[str, list[Any]] | None = None) -> Payment:
    """Send the money message of a confirmed intent and apply its answer; returns the payment row.

    `parts` go into the first commit: an authentication that is used up by this very attempt.
    """
    row, method = step.payment, step.method
    assert method
    if ctx.livemode and ctx.settings.sandbox_only:
        raise InvalidRequest("Live payments are refused here: only the sandbox card network is configured. Configure "
                             "an acquirer (ACQUIRERS), or use a test key.", code="livemode_mismatch")
    kind = "authorize" if row.capture_method == "manual" else "sale"
    change = {"status": after(row.status, Happening.SEND), "payment_method_id": method["id"],
              "last_payment_error": None, "next_action": None,
              **{name: getattr(row, name) for name in _AT_CONFIRM}}
    events = [effects.event(ctx, "payment_intent.created", row.changed(change))] if step.new else []
    return await failover.run(ctx, step, change, kind, proof, events, parts)


async def _rest(ctx: Context, step: Step, next_action: Row | None, error: Row | None,
                parts: dict[str, list[Any]] | None = None) -> dict[str, Any]:
    """The intent comes to rest before any money message: the customer must act, or was refused outright."""
    row = step.payment
    assert step.method
    change: Row = {"status": after(row.status, Happening.FAIL if error else Happening.CHALLENGE),
                   "next_action": next_action, "last_payment_error": error,
                   "payment_method_id": None if error else step.method["id"],
                   **{name: getattr(row, name) for name in _AT_CONFIRM}}
    names = ["payment_intent.created"] if step.new else []
    names.append("payment_intent.payment_failed" if error else "payment_intent.requires_action")
    return await _local(ctx, step, change, names, parts=parts, error=error, resource=row.id if step.new else None)


async def _refuse_off_session(ctx: Context, step: Step, parts: dict[str, list[Any]] | None = None) -> dict[str, Any]:
    """The card wants its holder, who is not there: 402 authentication_required, nothing sent."""
    assert step.method
    error = three_d_secure.absent(ctx, step.method)
    change = {"status": after(step.payment.status, Happening.FAIL), "last_payment_error": error,
              "payment_method_id": None, **{name: getattr(step.payment, name) for name in _AT_CONFIRM}}
    names = ["payment_intent.created"] if step.new else []
    return await _local(ctx, step, change, [*names, "payment_intent.payment_failed"], parts=parts, error=error,
                        resource=step.payment.id if step.new else None)


async def capture(ctx: Context, id: str, params: Row, *, answers: str | None = None) -> dict[str, Any]:
    """Capture all or a part of what is held; the rest is released in the same second, unless final_capture is false."""
    step = await _read(ctx, id)
    step.answers = answers
    row = step.payment
    require("capture", row, (Intent.REQUIRES_CAPTURE,), shape(ctx, row))
    final = params.get("final_capture") is not False
    if not final:
        operations.require_feature(
            step, "multicapture", "be captured in parts: leave final_capture out, or pass true. The rest is released.",
            code="capture_not_final", param="final_capture")
    amount = params.get("amount_to_capture") or row.amount_capturable
    if amount > row.amount_capturable:
        raise InvalidRequest(f"The remaining amount to capture on this PaymentIntent is {row.amount_capturable}, "
                             f"which is less than the {amount} you tried to capture.",
                             code="amount_too_large", param="amount_to_capture")
    chargeable.check(amount, row.currency, "amount_to_capture")
    descriptors.check(step, params)
    change: Row = {"status": after(row.status, Happening.SEND)}
    asked = None if final or amount == row.amount_capturable else {"final_capture": False}
    change |= {name: params[name] or None for name in _AT_CAPTURE if name in params}
    if "metadata" in params:
        change["metadata"] = merged(row.metadata, params["metadata"])
    await operations.run(ctx, step, "capture", amount, change, asked)
    return _shown(ctx, step)


async def cancel(ctx: Context, id: str, params: Row, *, by_session: bool = False) -> dict[str, Any]:
    """Cancel before capture; an open authorisation is voided at the acquirer and its hold released.

    Of what was captured in part the rest is released, and the intent has succeeded: money that was taken is refunded.
    """
    step = await _read(ctx, id)
    row = step.payment
    reason = params.get("cancellation_reason") or None
    if row.status == Intent.PROCESSING and not by_session and await recalls.find(ctx, id):
        await recalls.run(ctx, step, reason)
        return shape(ctx, step.payment)
    # a session that ends may only give up what was not paid: money that is held makes the session complete
    require("cancel", row, CONFIRMABLE if by_session else CANCELABLE, shape(ctx, row))
    if row.status != Intent.REQUIRES_CAPTURE:
        checks.session(row, by_session, "cancel")
    if row.status == Intent.REQUIRES_CAPTURE:
        change = {"status": after(row.status, Happening.SEND), "cancellation_reason": reason}
        await operations.run(ctx, step, "void", row.amount_capturable, change)
        return shape(ctx, step.payment)
    change = {"status": after(row.status, Happening.CANCEL), "cancellation_reason": reason, "next_action": None,
              "canceled_at": ctx.clock.now().isoformat()}
    return await _local(ctx, step, change, ["payment_intent.canceled"])


async def _local(ctx: Context, step: Step, change: Row, events: list[str], *, parts: dict[str, list[Any]] | None = None,
                 error: Row | None = None, resource: str | None = None) -> dict[str, Any]:
    """A step that needs no acquirer: one commit with its events and the stored answer."""
    row = step.payment.changed(change)
    failure = None
    if error:
        public = {k: v for k, v in error.items() if k not in ("type", "message", "code", "doc_url")}
        failure = CardError(error["message"], code=error["code"], payment_intent=shape(ctx, row), **public)
    doc = {**commits.moved(ctx, step.payment, change, new=step.new), **(parts or {})}
    if events:
        doc["events"] = [effects.event(ctx, name, row) for name in events]
    if ctx.key:
        answer = answers.of_error(failure, ctx.settings.api_base) if failure else answers.of(shape(ctx, row))
        doc |= {"claims": [idempotency.claim(ctx)], "answers": [idempotency.finish(ctx.key.key, answer, resource)]}
    try:
        await commits.write(ctx, doc)
    except Changed as raced:
        raise Locked("PaymentIntent") from raced
    step.payment = row
    if failure:
        raise failure
    return shape(ctx, row)


async def _read(ctx: Context, id: str, method: str | None = None, client_secret: str | None = None) -> Step:
    if (step := await steps.read(ctx, id, method)) is None:
        raise NotFound("payment_intent", id, "intent")
    checks.secret(ctx, step.payment, client_secret)
    return step
