"""Attempts that a restore has lost: found again by their network keys, and written once more (money rule 2).

A network key follows from the payment, the kind of message and its number. So whoever holds our secret and the
payment can say which of the acquirer's records belong to it, though nothing here remembers them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.context import Context
from backend.crypto import network_key
from backend.errors import FarthingError
from backend.exchanges import attempts
from backend.exchanges.rows import Attempt
from backend.exchanges.subject import Changed
from backend.payments import sql, steps
from backend.payments.states import Happening, after
from backend.payments.steps import Step

Row = dict[str, Any]

KINDS = ("authorize", "sale", "increment", "capture", "void")
AHEAD = 12
"""How many numbers without a record we look past: messages that never left took numbers, too."""


@dataclass(frozen=True, slots=True)
class Lost:
    """One record of an acquirer that is an attempt of this payment, though we no longer have it."""

    payment_id: str
    kind: str
    number: int
    record: Row


async def find(ctx: Context, records: Mapping[str, Row]) -> dict[str, list[Lost]]:
    """Payment -> its lost attempts in the order of their numbers; `records` by network key.

    Finished payments are not searched: no message about them can have been sent since.
    """
    found: dict[str, list[Lost]] = {}
    for row in await ctx.db.rows(ctx.env, sql.UNFINISHED, (ctx.env,)):
        number, last = row["number"], row["number"]
        while number < last + AHEAD:
            number += 1
            for kind in KINDS:
                record = records.get(network_key(ctx.runtime.network_secret, ctx.env, row["id"], kind, number))
                if record is not None:
                    found.setdefault(row["id"], []).append(Lost(row["id"], kind, number, record))
                    last = number
    return found


async def begin(ctx: Context, lost: Lost) -> tuple[Step, Attempt] | None:
    """Write the attempt as it was when it left; None when its payment does not allow it now.

    From here on the reconciler would settle it, should we die.
    """
    known = await steps.read(ctx, lost.payment_id)
    assert known
    step = await steps.read(ctx, lost.payment_id, known.payment.payment_method_id)
    assert step
    original = None
    if lost.kind not in ("authorize", "sale"):
        original = await attempts.won(ctx, lost.payment_id)
        if original is None:
            return None
    record, payment = lost.record, step.payment
    amount = record["amount"] or payment.amount
    attempt = steps.new_attempt(ctx, step, lost.kind, amount, connector=record["connector"], original=original)
    # its key says which number it had; those between were messages that never reached anybody
    attempt.number, attempt.network_key = lost.number, record["network_key"]
    if record.get("final") is False:
        attempt.asked = {"final_capture": False}
    change: Row = {"last_payment_error": None, "next_action": None}
    if original is None and record["amount"]:
        # a change of the amount may be lost as well: what was asked for is what the acquirer was asked for
        change |= {"amount": amount, "currency": record["currency"].lower()}
        attempt.currency = change["currency"]
    try:
        change["status"] = after(payment.status, Happening.SEND)
        await steps.begin(ctx, step, change, attempt, [])
    except (FarthingError, Changed):
        return None
    return step, attempt
