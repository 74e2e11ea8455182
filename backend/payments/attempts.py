"""One message to an acquirer: begin (commit) -> call (no transaction) -> finish (commit). Money rule 1.

The attempt is on disk as `sent` before the first byte leaves, so a crash at any line leaves something to ask about.
"""

import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import orjson
import structlog

from backend import crash, ids
from backend.context import Context
from backend.crypto import network_key
from backend.db import Connection, constraint, sqlstate
from backend.errors import FarthingError, Locked, NotFound
from backend.networks import bank
from backend.networks.link import Broken, NotSent, Refused
from backend.payments import attempt_rows, effects, outcomes, releases, rows, shapes, sql
from backend.payments.rows import Attempt, Charge, Payment, Refund
from backend.published import published
from backend.requests import answers, idempotency
from backend.risk import brakes
from backend.rows import changes

log = structlog.get_logger(__name__)

Row = dict[str, Any]

DECIDED_LATER_SECONDS = 2.0
"""How long after a bank took a debit the reconciler first asks what became of it."""

FIRST_CHECK_SECONDS = 5
"""How long after the acquirer's deadline the reconciler first asks about an attempt that got no answer."""


CANCEL_SECONDS = 8.0
"""How long we wait for the answer to a cancel."""


class Changed(Exception):
    """The payment changed since it was read; read it again and decide anew."""


class Superseded(Exception):
    """Somebody else settled the attempt meanwhile; what they wrote stands."""


@dataclass(slots=True)
class Step:
    """What is known of a payment while a verb works on it: the rows as the database has them."""

    payment: Payment
    attempts: int = 0
    method: Row | None = None
    charge: Charge | None = None
    new: bool = False
    """True while the intent exists only in memory, to be inserted with its first commit."""
    mandate: str | None = None
    """The customer's word that a debit is sent on."""
    brake: brakes.Brake | None = None
    """What a shopper's try is counted for."""
    brakes: list[Row] = field(default_factory=list)
    """What its beginning counts."""
    answers: str | None = None
    """What the request is answered with: None for the intent, "charge" for its charge, "refund" for its release."""
    refund: Refund | None = None
    """The refund that shows what was released."""


async def read(ctx: Context, payment_id: str, method_id: str | None = None) -> Step | None:
    """The payment with its method and current charge, in one round trip; None when there is no such payment."""
    found = await ctx.db.ask(ctx.env, sql.READ, payment_id, method_id, None)
    if "payment" not in found:
        return None
    charge = found.get("charge")
    return Step(Payment.read(found["payment"]), found["attempts"], found.get("method"), charge and Charge.read(charge))


async def read_for_new(ctx: Context, method_id: str | None, customer_id: str | None) -> Row | None:
    """Before a new payment: the method's row if we have it; raises NotFound for an unknown customer."""
    if not method_id and not customer_id:
        return None
    found = await ctx.db.ask(ctx.env, sql.READ, None, method_id, customer_id)
    if found.get("customer") is False:
        raise NotFound("customer", customer_id or "", "customer")
    method: Row | None = found.get("method")
    return method


async def write(ctx: Context, doc: dict[str, list[Any]]) -> None:
    """One commit of `pay.payment_commit`; raises Changed, Superseded, Replay, Conflict, IdempotencyMismatch, and what
    the brake says of a try that may not begin."""
    rows.WRITE.check(doc)
    stage = crash.stage(doc) if crash.armed else ""
    if stage:
        await crash.beginning(stage)
    try:
        result = await ctx.db.write(ctx.env, sql.WRITE, doc)
    except Exception as error:
        state = sqlstate(error)
        if state == sql.CHANGED or constraint(error) in sql.WALLS:
            raise Changed from error  # a wall held: another attempt of this payment is live
        if state == sql.NOT_OURS:
            raise Superseded from error
        if state == sql.HELD:  # of a release, which writes its payment and its refund
            await idempotency.answered(ctx)
            raise Changed from error  # its holder has just let it go
        if braked := brakes.refusal(ctx, error):
            raise braked from error
        raise
    if "held" in result:
        await idempotency.held(ctx, result["held"])
    if stage:
        await crash.reached(f"after_{stage}")


async def write_in(ctx: Context, tx: Connection, doc: dict[str, list[Any]]) -> None:
    """The same inside a caller's transaction, which has no key and no brake; raises what the database says."""
    rows.WRITE.check(doc)
    await tx.execute(sql.WRITE_IN, {"env": ctx.env, "doc": orjson.dumps(doc).decode()})


def new_attempt(ctx: Context, step: Step, kind: str, amount: int, *, connector: str, original: Attempt | None = None,
                three_d_secure: Row | None = None, asked: Row | None = None) -> Attempt:
    """The row of the next attempt of a payment, with its deterministic network key.

    `asked` is what is done beside moving the amount when it is approved, whoever learns it.
    """
    payment, number = step.payment, step.attempts + 1
    wait = ctx.settings.acquirer_timeout_seconds + FIRST_CHECK_SECONDS
    return Attempt(
        env=ctx.env, id=str(uuid.uuid4()), payment_id=payment.id, kind=kind, number=number,
        status="sent", connector=connector, amount=amount, currency=payment.currency,
        network_key=network_key(ctx.runtime.network_secret, ctx.env, payment.id, kind, number),
        original_key=original.network_key if original else None,
        charge_id=original.charge_id if original else ids.new("ch", ctx.env),
        payment_method_id=step.method["id"] if step.method else payment.payment_method_id,
        three_d_secure=three_d_secure, mandate_id=step.mandate, brake=step.brake,
        idempotency_key=ctx.key.key if ctx.key else None,
        published=ctx.publishable, answers=step.answers, actor=ctx.actor, request_id=ctx.request_id,
        sent_at=ctx.clock.now().isoformat(), check_no=0, sent_again=0, step=1,
        next_check_at=later(ctx, wait), asked=asked)


def later(ctx: Context, seconds: float) -> str:
    """When the acquirer is asked: so long from now, by the system's time, whatever the environment's clock says."""
    moment: str = (ctx.runtime.clock.now() + timedelta(seconds=seconds)).isoformat()
    return moment


def touched(ctx: Context) -> Row:
    """Who changes a row, under which request: kept on the row, from where the history takes it."""
    return {"actor": ctx.actor, "request_id": ctx.request_id}


def moved(ctx: Context, step: Step, change: Row) -> dict[str, list[Any]]:
    """The part of a write that inserts or changes the payment itself."""
    if step.new:
        return {"inserts": [step.payment.changed(change | {"version": 1, "step": 1} | touched(ctx))]}
    return {"changes": [{"id": step.payment.id, "version": step.payment.version,
                         "change": change | touched(ctx)}]}


def charged(ctx: Context, before: Charge | None, after: Charge) -> dict[str, list[Any]]:
    """The part of a write that inserts a charge, or changes what is new in it."""
    if before is None:
        return {"charges": [after]}
    new = changes(vars(before), vars(after)) | touched(ctx)
    return {"charge_changes": [{"id": before.id, "change": new}]}


async def begin(ctx: Context, step: Step, change: Row, attempt: Attempt, events: list[Row],
                parts: dict[str, list[Any]] | None = None) -> None:
    """tx1: claim the key, move the payment to processing, record the attempt; afterwards `step.payment` is current."""
    doc: dict[str, list[Any]] = {"attempts": [attempt], **moved(ctx, step, change), **(parts or {})}
    if ctx.key:
        doc["claims"] = [idempotency.claim(ctx)]
    if events:
        doc["events"] = events
    if step.brakes:
        doc["brakes"] = step.brakes
    await write(ctx, doc)
    step.payment = step.payment.changed(
        change | {"version": 1 if step.new else step.payment.version + 1})
    step.attempts, step.new = attempt.number, False


async def send(ctx: Context, step: Step, attempt: Attempt, *, keep_cvc: bool = False) -> Row:
    """The call. No transaction and no pooled connection is held. Never raises: no answer is an answer (`unknown`).

    With `keep_cvc` the vault keeps the security code for a second try, should this one be declined softly.
    """
    answer = await _call(ctx, step, attempt, keep_cvc)
    if crash.armed:
        await crash.reached("call_answered")
    return answer


async def _call(ctx: Context, step: Step, attempt: Attempt, keep_cvc: bool) -> Row:
    deadline = ctx.settings.acquirer_timeout_seconds
    fields: Row = {"connector": attempt.connector, "key": attempt.network_key, "amount": attempt.amount,
                   "currency": attempt.currency}
    op = attempt.kind
    if attempt.connector == bank.NAME and op == "sale":
        op = "debit"
        fields |= {"env": ctx.env, "token": attempt.payment_method_id, "at": ctx.clock.now().isoformat()}
    elif op in ("authorize", "sale"):
        op = "authorize"
        address = ((step.method or {}).get("billing_details") or {}).get("address") or {}
        fields |= {"env": ctx.env, "token": attempt.payment_method_id, "capture": attempt.kind == "sale",
                   "merchant_id": ctx.account[-15:], "merchant_name": ctx.account_name,
                   "keep_cvc": keep_cvc,
                   "three_d_secure": _proof(attempt.three_d_secure),
                   "postal_code": address.get("postal_code"), "line1": address.get("line1")}
    else:
        fields["original_key"] = attempt.original_key
        if op == "capture":
            fields["final"] = effects.asked(attempt).get("final_capture", True)
    try:
        return await ctx.runtime.link.call(op, deadline, **fields)
    except NotSent as error:
        return {"outcome": "not_sent", "reason": str(error)}
    except Broken as error:
        return {"outcome": "unknown", "reason": str(error)}
    except Refused as error:
        # The vault will not send it, so nothing left; unless it stumbled, and then only the acquirer knows.
        return {"outcome": "unknown" if error.code == "vault_error" else "not_sent",
                "reason": f"{error.code}: {error.message}"}


def _proof(secure: Row | None) -> Row | None:
    return {name: secure.get(name) for name in ("eci", "cavv", "ds_transaction_id")} if secure else None


async def finish(ctx: Context, step: Step, attempt: Attempt, answer: Row, *, follow: Attempt | None = None,
                 earlier: Row | None = None) -> FarthingError | None:
    """tx2: apply the outcome if the attempt is still ours, with ledger, events and the stored answer, in one commit.

    `follow` is the attempt of a second try: the same commit records it as sent, so there is no moment in which the
    payment is `processing` and nothing is open. `earlier` is the decline that this second try followed.

    Returns the error that the caller is to be told, if any. Raises Superseded, Changed.
    """
    charge = step.charge if step.charge and step.charge.id == attempt.charge_id else None
    effect = outcomes.apply(ctx, step.payment, attempt, charge, step.method, answer, earlier)
    if follow:
        effect = outcomes.going_on(effect)
    payment = step.payment.changed(effect.payment)
    if attempt.published and effect.error and "payment_intent" in effect.error.extra:
        effect.error.extra["payment_intent"] = published(effect.error.extra["payment_intent"])
    if attempt.answers and effect.error:
        effect.error.extra.pop("payment_intent", None)
    ending = replace(effect.attempt, **touched(ctx))
    if ending.status == "unknown":
        known = answer["outcome"] == "pending"
        ending.next_check_at = later(ctx, DECIDED_LATER_SECONDS) if known else attempt.next_check_at
    doc: dict[str, list[Any]] = {
        **moved(ctx, step, effect.payment),
        "settles": [{"id": attempt.id, "check_no": attempt.check_no, "change": ending}]}
    if effect.charge:
        doc |= charged(ctx, charge, effect.charge)
    if effect.entries:
        doc["entries"] = effect.entries
    if effect.events:
        doc["events"] = effect.events
    doc |= effect.parts
    if effect.refunds:
        doc["refunds"] = effect.refunds
    if effect.refund_changes:
        doc["refund_changes"] = [one | {"change": one["change"] | touched(ctx)} for one in effect.refund_changes]
    if effect.reverse:
        doc["reverses"] = [effect.reverse]
    if counted := _counted(ctx, attempt, answer, effect, follow, earlier):
        doc["brakes"] = counted
    if follow:
        doc["attempts"] = [follow]
    elif attempt.idempotency_key:
        doc |= _answer_part(ctx, attempt, payment, effect.charge or charge, effect)
    await write(ctx, doc)
    step.payment = replace(payment, version=step.payment.version + 1)
    step.charge, step.refund = effect.charge or charge, effect.refund
    step.attempts = follow.number if follow else step.attempts
    return effect.error


def _counted(ctx: Context, attempt: Attempt, answer: Row, effect: effects.Effect, follow: Attempt | None,
             earlier: Row | None) -> list[Row]:
    """What the end of a shopper's try gives back, and what its decline counts; nothing while it goes on."""
    status, by_card = effect.attempt.status, attempt.connector != bank.NAME
    if attempt.kind not in ("authorize", "sale") or not by_card or follow or status == "unknown":
        return []
    declined = status == "declined" or answer["outcome"] == "blocked" or bool(earlier and status == "failed")
    return brakes.end(ctx, attempt.brake, declined=declined, approved=status == "approved")


def _answer_part(ctx: Context, attempt: Attempt, payment: Payment, charge: Charge | None,
                 effect: effects.Effect) -> dict[str, list[Any]]:
    """Store the answer on the key, or release the key when nothing left and the same request may be sent again."""
    assert attempt.idempotency_key
    if answer_is_retry(effect.error):
        return {"releases": [attempt.idempotency_key]}
    if effect.error:
        answer = answers.of_error(effect.error, ctx.settings.api_base)
    elif attempt.answers == "refund":
        released = effect.refund or releases.pending(attempt)
        assert released
        answer = answers.of(shapes.refund(released))
    elif attempt.answers == "charge" and charge:
        answer = answers.of(shapes.charge(charge, payment, livemode=ctx.livemode))
    else:
        shown = shapes.intent(payment, livemode=ctx.livemode)
        answer = answers.of(published(shown) if attempt.published else shown)
    # the resource stays out when the key's request only acted on an older object (one resource, one key)
    # (of its creation an intent has one version for each try: a later confirmation is at least one ahead)
    resource = payment.id if attempt.number == payment.version else None
    return {"answers": [idempotency.finish(attempt.idempotency_key, answer, resource)]}


def answer_is_retry(error: FarthingError | None) -> bool:
    """True when nothing happened and the same request with the same key should run afresh."""
    return error is not None and error.type == "api_error"


async def run(ctx: Context, step: Step, change: Row, attempt: Attempt, events: list[Row],
              parts: dict[str, list[Any]] | None = None) -> Payment:
    """begin -> send -> finish; returns the payment row, or raises the error that the outcome means.

    Raises Locked when another attempt of the payment is live at the same moment.
    """
    try:
        await begin(ctx, step, change, attempt, events, parts)
    except Changed as error:
        raise Locked("PaymentIntent") from error
    answer = await send(ctx, step, attempt)
    return await conclude(ctx, step, attempt, answer)


async def conclude(ctx: Context, step: Step, attempt: Attempt, answer: Row, *, follow: Attempt | None = None,
                   earlier: Row | None = None) -> Payment:
    """finish, again on a fresh reading when the payment changed (metadata, say), giving way to whoever was faster."""
    for _ in range(5):
        try:
            error = await finish(ctx, step, attempt, answer, follow=follow, earlier=earlier)
        except Changed:
            fresh = await read(ctx, step.payment.id)
            assert fresh
            step.payment, step.charge = fresh.payment, fresh.charge
            if not await attempt_rows.ours(ctx, attempt):
                return await _superseded(ctx, step, attempt, answer)
            continue
        except Superseded:
            return await _superseded(ctx, step, attempt, answer)
        if error:
            raise error
        return step.payment
    raise Locked("PaymentIntent", sent=True)


async def _superseded(ctx: Context, step: Step, attempt: Attempt, answer: Row) -> Payment:
    """Another has the attempt in hand, or settled it: our answer is dropped and theirs stands, on the key as well.

    Raises Replay or Conflict when the request carries a key.
    """
    now = (await attempt_rows.now(ctx, attempt)).status
    if answer["outcome"] == "approved" and now in ("failed", "declined", "reversed"):
        # It was settled as not charged, and yet here is an approval: people must know, and the money must go back.
        log.critical("approval_after_tombstone", payment=attempt.payment_id, attempt=attempt.id, status=now)
        undone = await cancel(ctx, attempt)
        log.critical("approval_after_tombstone_canceled", attempt=attempt.id, undone=undone)
    await idempotency.superseded(ctx)
    fresh = await read(ctx, step.payment.id)
    assert fresh
    step.payment, step.charge = fresh.payment, fresh.charge
    return step.payment


async def cancel(ctx: Context, attempt: Attempt) -> bool:
    """Cancel by our reference at the acquirer, which leaves a tombstone; False when its answer did not come.

    Writes nothing. Only for an attempt that is, or by this becomes, surely not charged.
    """
    try:
        await ctx.runtime.link.call("cancel", CANCEL_SECONDS, connector=attempt.connector,
                                    key=f"{attempt.network_key[:50]}-cancel-{attempt.check_no}",
                                    original_key=attempt.network_key)
    except (NotSent, Broken, Refused):
        return False
    return True
