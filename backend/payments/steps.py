"""A payment as the subject of messages: to authorise it, and to raise, capture or void what was authorised."""

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, ClassVar

from backend import ids
from backend.context import Context
from backend.errors import NotFound
from backend.exchanges import attempts, engine
from backend.exchanges.rows import Attempt
from backend.networks import routing
from backend.payments import commits, effects, outcomes, receipts, shapes, sql
from backend.payments.effects import Effect
from backend.payments.holds import releases
from backend.payments.rows import Charge, Payment, Refund
from backend.payments.states import Intent
from backend.published import published
from backend.risk import brakes
from backend.rows import Doc

Row = dict[str, Any]

_CARRIED = ("increment", "capture", "void")
"""What is sent again when it was lost; never a payment itself: its security code is gone, and a shopper who was told
nothing may have paid elsewhere."""


@dataclass(slots=True)
class Step:
    """What is known of a payment while a verb works on it: the rows as the database has them."""

    noun: ClassVar[str] = "PaymentIntent"

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
    claims: list[Row] = field(default_factory=list)
    """The key of a request that had no part in the beginning: claimed by the commit that ends the message."""
    refund: Refund | None = None
    """The refund that shows what was released, or that an open void is to release."""
    second: Attempt | None = None
    """The second try: the commit that ends the first one records it as sent, so there is no moment in which the payment
    is `processing` and nothing is open."""
    declined: Row | None = None
    """The decline that the second try followed."""

    async def renew(self, ctx: Context) -> None:
        """Payment, charge and refund as they are now."""
        fresh = await read(ctx, self.payment.id)
        assert fresh
        self.payment, self.charge = fresh.payment, fresh.charge
        self.refund = await _now(ctx, self.refund)

    def turn(self, ctx: Context) -> AbstractAsyncContextManager[None]:
        """Nobody waits: two answers about one payment are rare."""
        return nullcontext()

    def message(self, ctx: Context, attempt: Attempt) -> tuple[str, Row]:
        """A card's authorisation names its token, what its merchant is called and how it was authenticated."""
        if attempt.kind == "sale" and routing.is_collected(self.method):
            return "debit", {"env": ctx.env, "token": attempt.payment_method_id, "at": ctx.clock.now().isoformat()}
        if attempt.kind in ("authorize", "sale"):
            address = ((self.method or {}).get("billing_details") or {}).get("address") or {}
            return "authorize", {
                "env": ctx.env, "token": attempt.payment_method_id, "capture": attempt.kind == "sale",
                "merchant_id": ctx.account[-15:], "merchant_name": ctx.account_name,
                "three_d_secure": _proof(attempt.three_d_secure),
                "postal_code": address.get("postal_code"), "line1": address.get("line1")}
        final = {"final": effects.asked(attempt).get("final_capture", True)} if attempt.kind == "capture" else {}
        return attempt.kind, {"original_key": attempt.original_key, **final}

    def effect(self, ctx: Context, attempt: Attempt, answer: Row) -> Effect:
        """What the answer does to payment, charge, ledger and brakes, and what the request hears of it."""
        charge = self.charge if self.charge and self.charge.id == attempt.charge_id else None
        attempt = releases.asking(attempt, self.refund)
        effect = outcomes.apply(ctx, self.payment, attempt, charge, self.method, answer, self.declined)
        if self.second:
            effect = outcomes.going_on(effect)
        if effect.error and attempt.published and "payment_intent" in effect.error.extra:
            effect.error.extra["payment_intent"] = published(effect.error.extra["payment_intent"])
        if effect.error and attempt.answers:
            effect.error.extra.pop("payment_intent", None)
        now, made = self.payment.changed(effect.payment), effect.charge or charge
        if made and effect.payment.get("status") == Intent.SUCCEEDED:
            effect.parts |= receipts.of_payment(ctx, now, made)
        effect.parts = commits.document(ctx, self.payment, charge, effect)
        if counted := self._counted(ctx, attempt, answer, effect):
            effect.parts["brakes"] = counted
        if self.claims:
            effect.parts["claims"] = self.claims
        if self.second:
            effect.parts["attempts"] = [self.second]
        elif attempt.idempotency_key and not effect.error:
            effect.shown = _shown(ctx, attempt, self.payment.changed(effect.payment), effect.charge or charge, effect)
        # the resource stays out when the key's request only acted on an older object (one resource, one key)
        # (of its creation an intent has one version for each try: a later confirmation is at least one ahead)
        effect.resource = self.payment.id if attempt.number == self.payment.version else None
        effect.then = lambda: self._became(effect, charge)
        return effect

    def _became(self, effect: Effect, charge: Charge | None) -> None:
        """This is written now."""
        self.payment = self.payment.changed(effect.payment | {"version": self.payment.version + 1})
        self.charge, self.refund = effect.charge or charge, effect.refund or self.refund
        self.attempts = self.second.number if self.second else self.attempts

    def _counted(self, ctx: Context, attempt: Attempt, answer: Row, effect: Effect) -> list[Row]:
        """What the end of a shopper's try gives back, and what its decline counts; nothing while it goes on."""
        assert effect.attempt
        status, by_card = effect.attempt.status, not routing.is_collected(self.method)
        if attempt.kind not in ("authorize", "sale") or not by_card or self.second or status == "unknown":
            return []
        declined = status == "declined" or answer["outcome"] == "blocked" or bool(self.declined and status == "failed")
        return brakes.end(ctx, attempt.brake, declined=declined, approved=status == "approved")

    async def goes_again(self, ctx: Context, attempt: Attempt) -> bool:
        """A message about an authorisation that stands, while that can still be captured; a void at any time."""
        if attempt.kind not in _CARRIED:
            return False
        won = await attempts.won(ctx, self.payment.id)
        return won is not None and (attempt.kind == "void" or effects.is_open(ctx, won))

    async def write(self, ctx: Context, doc: Doc) -> None:
        """One commit of this payment."""
        await commits.write(ctx, doc)


def _proof(secure: Row | None) -> Row | None:
    return {name: secure.get(name) for name in ("eci", "cavv", "ds_transaction_id")} if secure else None


def _shown(ctx: Context, attempt: Attempt, payment: Payment, charge: Charge | None, effect: Effect) -> Row:
    """What the request is answered with."""
    if attempt.answers == "refund":
        released = effect.refund or releases.pending(attempt)
        assert released
        return shapes.refund(released)
    if attempt.answers == "charge" and charge:
        return receipts.shown(ctx, charge, payment)
    shown = shapes.intent(payment, livemode=ctx.livemode)
    narrow: Row = published(shown) if attempt.published else shown
    return narrow


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


async def of(ctx: Context, attempt: Attempt) -> Step:
    """The payment that a message is about."""
    step = await read(ctx, attempt.of_payment, attempt.payment_method_id)
    assert step
    step.refund = await _now(ctx, releases.pending(attempt))
    return step


async def _now(ctx: Context, refund: Refund | None) -> Refund | None:
    """The same refund as it is now: whoever waits for the void may give it other metadata."""
    rows = await ctx.db.rows(ctx.env, sql.REFUND_GET, (ctx.env, refund.id)) if refund else []
    return Refund.read(rows[0]["row"]) if rows else refund


def new_attempt(ctx: Context, step: Step, kind: str, amount: int, *, connector: str, original: Attempt | None = None,
                three_d_secure: Row | None = None, asked: Row | None = None) -> Attempt:
    """The row of the next message about a payment.

    `asked` is what is done beside moving the amount when it is approved, whoever learns it.
    """
    payment = step.payment
    return attempts.new(
        ctx, payment.id, kind, step.attempts + 1, connector=connector, amount=amount, currency=payment.currency,
        original=original, payment_id=payment.id,
        charge_id=original.charge_id if original else ids.new("ch", ctx.env),
        payment_method_id=step.method["id"] if step.method else payment.payment_method_id,
        three_d_secure=three_d_secure, mandate_id=step.mandate, brake=step.brake,
        published=ctx.publishable, answers=step.answers, asked=asked)


async def begin(ctx: Context, step: Step, change: Row, attempt: Attempt, events: list[Row],
                parts: Doc | None = None) -> None:
    """tx1: claim the key, move the payment to processing, record the attempt; afterwards `step.payment` is current."""
    doc = commits.moved(ctx, step.payment, change, new=step.new) | (parts or {})
    doc |= {name: some for name, some in (("events", events), ("brakes", step.brakes)) if some}
    await engine.begin(ctx, step, attempt, doc)
    step.payment = step.payment.changed(
        change | {"version": 1 if step.new else step.payment.version + 1})
    step.attempts, step.new = attempt.number, False
