"""One commit of a payment, or of a refund of it: the parts that its document has, and what the database refuses."""

from typing import Any

import orjson

from backend.context import Context
from backend.db import Connection, sqlstate
from backend.exchanges import attempts, commits
from backend.payments import rows, sql
from backend.payments.effects import Effect
from backend.payments.rows import Charge, Payment
from backend.risk import brakes
from backend.rows import Doc, changes

Row = dict[str, Any]


class Over(Exception):
    """Less than that is left of the payment to refund."""


class Insufficient(Exception):
    """The merchant's balance does not cover the refund."""


_REFUSED: dict[str, type[Exception]] = {sql.OVER: Over, sql.INSUFFICIENT: Insufficient}


async def write(ctx: Context, doc: Doc) -> None:
    """One commit of `pay.payment_commit`; raises Changed, Superseded, Replay, Conflict, IdempotencyMismatch, what the
    brake says of a try that may not begin, and of refunds Over and Insufficient."""
    try:
        await commits.write(ctx, sql.WRITE, rows.WRITE, doc)
    except Exception as error:
        if refused := _REFUSED.get(sqlstate(error) or ""):
            raise refused from error
        if braked := brakes.refusal(ctx, error):
            raise braked from error
        raise


async def write_in(ctx: Context, tx: Connection, doc: Doc) -> None:
    """The same inside a caller's transaction, which has no key and no brake; raises what the database says."""
    rows.WRITE.check(doc)
    await tx.execute(sql.WRITE_IN, {"env": ctx.env, "doc": orjson.dumps(doc).decode()})


def moved(ctx: Context, payment: Payment, change: Row, *, new: bool = False) -> Doc:
    """The part of a write that inserts or changes the payment itself; it holds only while that is as it was read."""
    if new:
        return {"inserts": [payment.changed(change | {"version": 1, "step": 1} | attempts.touched(ctx))]}
    return {"changes": [{"id": payment.id, "version": payment.version, "change": change | attempts.touched(ctx)}]}


def charged(ctx: Context, before: Charge | None, after: Charge) -> Doc:
    """The part of a write that inserts a charge, or changes what is new in it."""
    if before is None:
        return {"charges": [after]}
    new = changes(vars(before), vars(after)) | attempts.touched(ctx)
    return {"charge_changes": [{"id": before.id, "change": new}]}


def document(ctx: Context, payment: Payment, charge: Charge | None, effect: Effect) -> Doc:
    """All that an effect on a payment and its charge writes, but for the end of its attempt."""
    doc = moved(ctx, payment, effect.payment) | effect.parts
    if effect.charge:
        doc |= charged(ctx, charge, effect.charge)
    if effect.refund_changes:
        doc["refund_changes"] = [one | {"change": one["change"] | attempts.touched(ctx)}
                                 for one in effect.refund_changes]
    if effect.reverse:
        doc["reverses"] = [effect.reverse]
    if effect.gives_back:
        doc["reserves"] = [{"id": payment.id, "amount": -effect.gives_back}]
    lists: Doc = {"entries": effect.entries, "events": effect.events, "refunds": effect.refunds}
    return doc | {name: some for name, some in lists.items() if some}
