"""A refund as the subject of messages: money of a payment on its way back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from weakref import WeakValueDictionary

from backend.context import Context
from backend.exchanges import attempts
from backend.exchanges.rows import Attempt
from backend.ledger import chart
from backend.payments import commits, shapes
from backend.payments.effects import Effect
from backend.payments.rows import Charge, Payment, Refund
from backend.refunds import outcomes, sql
from backend.rows import Doc

Row = dict[str, Any]

_turns: "WeakValueDictionary[tuple[int, str], asyncio.Lock]" = WeakValueDictionary()


@dataclass(slots=True)
class Step:
    """What is known of a payment while a refund of it is worked on; `original` is the message that took the money,
    `released` what of a hold was given free."""

    noun: ClassVar[str] = "Refund"

    payment: Payment
    charge: Charge | None
    original: Attempt | None
    refund: Refund | None
    released: int = 0

    @property
    def row(self) -> Refund:
        """The refund, where there must be one."""
        assert self.refund
        return self.refund

    async def renew(self, ctx: Context) -> None:
        """All of it as it is now."""
        fresh = await read(ctx, self.payment.id, self.row.id)
        assert fresh
        self.payment, self.charge, self.original = fresh.payment, fresh.charge, fresh.original
        self.refund, self.released = fresh.refund, fresh.released

    @asynccontextmanager
    async def turn(self, ctx: Context) -> AsyncIterator[None]:
        """Refunds of one payment finish one after another in this process. It only saves repetitions: what keeps them
        right is the payment's version."""
        async with _turns.setdefault((ctx.env, self.payment.id), asyncio.Lock()):
            await self.renew(ctx)
            yield

    def message(self, ctx: Context, attempt: Attempt) -> tuple[str, Row]:
        """It names the message that took the money."""
        return "refund", {"original_key": attempt.original_key}

    def effect(self, ctx: Context, attempt: Attempt, answer: Row) -> Effect:
        """What the answer does to refund, reservation, charge and ledger."""
        refund, charge = self.row, self.charge
        assert charge
        watch = attempts.later(ctx, outcomes.FIRST_WATCH_SECONDS)
        effect = outcomes.apply(ctx, self.payment, charge, refund, answer, watch, self.released)
        effect.parts = commits.document(ctx, self.payment, charge, effect)
        effect.shown = shapes.refund(effect.refund or refund)
        # a refund that had to wait for balance was answered, and is its key's resource, since its creation
        effect.resource = refund.id if attempt.number == 1 else None
        effect.then = lambda: self._became(effect)
        return effect

    def _became(self, effect: Effect) -> None:
        self.refund = effect.refund or self.refund

    async def goes_again(self, ctx: Context, attempt: Attempt) -> bool:
        """What was held for it is still held, so it may."""
        return True

    async def write(self, ctx: Context, doc: Doc) -> None:
        """One commit of this refund and its payment."""
        await write(ctx, doc)


async def read(ctx: Context, payment_id: str, refund_id: str = "") -> Step | None:
    """In one round trip; None when there is no such payment."""
    rows = await ctx.db.rows(ctx.env, sql.READ, (refund_id, ctx.env, payment_id))
    if not rows:
        return None
    told = rows[0]
    return Step(Payment.read(told["payment"]), told["charge"] and Charge.read(told["charge"]),
                told["original"] and Attempt.read(told["original"]),
                told["refund"] and Refund.read(told["refund"]), told["released"])


async def of(ctx: Context, attempt: Attempt) -> Step:
    """The refund that a message is about."""
    step = await read(ctx, attempt.of_payment, attempt.refund_id or "")
    assert step
    return step


async def write(ctx: Context, doc: Doc) -> None:
    """One commit of a refund; raises what `commits.write` raises."""
    await commits.write(ctx, doc)


def new_attempt(ctx: Context, refund: Refund, original: Attempt, number: int) -> Attempt:
    """The row of a refund's message."""
    return attempts.new(
        ctx, refund.id, "refund", number, connector=original.connector, amount=refund.amount,
        currency=refund.currency, original=original, payment_id=refund.payment_id, refund_id=refund.id,
        charge_id=refund.charge_id, payment_method_id=refund.payment_method_id)


def held(refund: Refund) -> list[Row]:
    """The ledger entries of a refund that is about to be sent."""
    return chart.refund_held(refund.id, refund.payment_id, refund.amount, refund.currency)
