"""Account verifications: an issuer's word on a card that is to be kept. No money moves, and the ledger has no part.

The question is on disk before it leaves, like every message. A request that comes again under its key does not ask
twice while the first question is open, and hears what the issuer said once that is known.
"""

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from backend.context import Context
from backend.customers import shapes, sql
from backend.errors import ApiError, CardError, FarthingError, Locked
from backend.exchanges import attempts, commits, engine
from backend.exchanges.rows import Attempt, Ending
from backend.exchanges.subject import Changed, Effect
from backend.networks import declines, routing
from backend.requests.answers import LIFE_HOURS
from backend.rows import Doc

Row = dict[str, Any]

_CURRENCY = "usd"
_LOOKS = 5
_STATUS = {name: name for name in ("approved", "declined", "unknown", "reversed")} | {"pending": "unknown"}
"""Outcome -> the end of the message; every other one means that the issuer was not asked."""
_NOT_KEPT = ("outcome", "sick")


@dataclass(slots=True)
class Step:
    """A card whose issuer is asked; `checks` is what it said of the code and the address."""

    noun: ClassVar[str] = "PaymentMethod"

    method: Row
    checks: Row | None = None

    async def renew(self, ctx: Context) -> None:
        """Nothing of a card changes by being verified."""

    def turn(self, ctx: Context) -> AbstractAsyncContextManager[None]:
        """Nobody waits."""
        return nullcontext()

    def message(self, ctx: Context, attempt: Attempt) -> tuple[str, Row]:
        """An authorisation of nothing."""
        proof = attempt.three_d_secure
        return "authorize", {
            "env": ctx.env, "token": self.method["id"], "capture": False, "merchant_id": ctx.account[-15:],
            "merchant_name": ctx.account_name, "three_d_secure":
            {name: proof.get(name) for name in ("eci", "cavv", "ds_transaction_id")} if proof else None}

    def effect(self, ctx: Context, attempt: Attempt, answer: Row) -> Effect:
        """The end of the message, and nothing else."""
        status = _STATUS.get(answer["outcome"], "failed")
        kept = {name: value for name, value in answer.items() if value is not None and name not in _NOT_KEPT}
        ending = Ending(status=status, acquirer_ref=answer.get("acquirer_ref") if status == "approved" else None,
                        answer=kept, note=answer.get("reason"))
        return Effect(attempt=ending, error=self.refusal(ctx, status, answer), then=lambda: self.heard(answer))

    def refusal(self, ctx: Context, status: str, answer: Row) -> FarthingError | None:
        """What is told of a card that may not be kept, for now or for good."""
        if status == "approved":
            return None
        if status != "declined":
            return ApiError("The card's issuer cannot be asked right now. The card was not saved; please try again.")
        why = declines.explain(answer.get("why"), answer.get("response_code"))
        return CardError(why.message, code=why.code, decline_code=why.decline_code, advice_code=why.advice_code,
                         network_decline_code=why.network_decline_code, param=why.param,
                         payment_method=shapes.payment_method(self.method, livemode=ctx.livemode))

    def heard(self, answer: Row) -> None:
        """Keep the results of the checks."""
        self.checks = {"address_line1_check": answer.get("line1_check"),
                       "address_postal_code_check": answer.get("postal_check"), "cvc_check": answer.get("cvc_check")}

    async def goes_again(self, ctx: Context, attempt: Attempt) -> bool:
        """Whoever asked was told that the card was not kept, and asks anew."""
        return False

    async def write(self, ctx: Context, doc: Doc) -> None:
        """One commit of the message alone."""
        await commits.write_alone(ctx, doc)


async def of(ctx: Context, attempt: Attempt) -> Step:
    """The card that a message is about."""
    rows = await ctx.db.rows(ctx.env, sql.METHOD_GET, (ctx.env, attempt.payment_method_id))
    return Step(rows[0]["row"])


async def verify(ctx: Context, method: Row, proof: Row | None = None) -> Row:
    """Ask the issuer of a card; `proof` is what an authentication before gave. Returns the results of the checks.

    Raises CardError when the issuer refuses, ApiError when it could not be asked or does not answer, Locked while the
    question of this very request is still open.
    """
    step, since = Step(method), ctx.clock.now() - timedelta(hours=LIFE_HOURS)
    for _ in range(_LOOKS):
        number, earlier = await attempts.verification(ctx, method["id"], _key(ctx), since)
        if earlier and earlier.status in ("sent", "unknown"):
            raise Locked(step.noun)
        if earlier and earlier.status in ("approved", "declined"):
            return _told(ctx, step, earlier)
        try:
            return await _ask(ctx, step, number + 1, proof)
        except Changed:
            continue  # somebody else asks about this card at this moment
    raise Locked(step.noun)


def _key(ctx: Context) -> str | None:
    return ctx.key.key if ctx.key else None


def _told(ctx: Context, step: Step, earlier: Attempt) -> Row:
    """What the issuer said to the request that came before under the same key."""
    answer = earlier.answer or {}
    if refusal := step.refusal(ctx, earlier.status, answer):
        raise refusal
    step.heard(answer)
    return step.checks or {}


async def _ask(ctx: Context, step: Step, number: int, proof: Row | None) -> Row:
    key, ctx = _key(ctx), ctx.without_key()  # the commit that keeps the card claims the key
    with routing.pick(ctx.runtime.breakers, routing.takers(ctx.settings, step.method)) as permit:
        attempt = attempts.new(
            ctx, step.method["id"], "verify", number, connector=permit.name, amount=0, currency=_CURRENCY,
            payment_id=None, charge_id=None, payment_method_id=step.method["id"], three_d_secure=proof,
            asked={"key": key} if key else None)
        await engine.begin(ctx, step, attempt, {})
        answer = await engine.send(ctx, step, attempt)
        permit.heard(answer.get("sick"))
    await engine.conclude(ctx, step, attempt, answer)
    if step.checks is None:  # somebody else has the question in hand, or settled it: what they know is the word
        return _told(ctx, step, await attempts.now(ctx, attempt))
    return step.checks
