"""Incremental authorisations: hold more under an authorisation that stands."""

from typing import Any

from backend import chargeable
from backend.context import Context
from backend.errors import InvalidRequest, NotFound
from backend.exchanges import attempts
from backend.metadata import merged
from backend.payments import intents, steps
from backend.payments.holds import operations
from backend.payments.states import Happening, Intent, after, require

Row = dict[str, Any]

TRIES_MAX = 10
"""How often one authorisation may be raised, declined tries included."""
_WORDS = ("description", "statement_descriptor")


async def create(ctx: Context, id: str, params: Row) -> Row:
    """Raise what an intent holds to `amount`; what else is said of it holds from the moment that it is approved.

    Raises NotFound, InvalidRequest, CardError (declined: everything is as before), ApiError (it never left).
    """
    step = await steps.read(ctx, id)
    if step is None:
        raise NotFound("payment_intent", id, "intent")
    row, amount = step.payment, params["amount"]
    require("increment", row, (Intent.REQUIRES_CAPTURE,), intents.shape(ctx, row))
    if amount <= row.amount:
        raise InvalidRequest(f"The new amount must be more than the {row.amount} that is authorized.",
                             param="amount", code="amount_too_small")
    chargeable.check(amount, row.currency)
    operations.require_feature(
        step, "incremental_authorization", "be incremented. Cancel it and create one for the whole amount.",
        code="incremental_authorization_unavailable")
    if await attempts.increments(ctx, id) >= TRIES_MAX:
        raise InvalidRequest(f"This PaymentIntent was incremented {TRIES_MAX} times, declined tries included, and "
                             "cannot be incremented again.", code="incremental_authorization_limit")
    words = {name: params[name] or None for name in _WORDS if name in params}
    if "metadata" in params:
        merged(row.metadata, params["metadata"])  # what is too large is refused before any money is held
        words["metadata"] = params["metadata"]
    await operations.run(ctx, step, "increment", amount - row.amount,
                         {"status": after(row.status, Happening.SEND)}, words)
    return intents.shape(ctx, step.payment)
