"""Verbs of a PaymentIntent that no card here can do; each says so in its own words."""

from typing import Any

from backend.context import Context
from backend.errors import InvalidRequest
from backend.payments import intents

Row = dict[str, Any]


async def apply_customer_balance(ctx: Context, id: str) -> Row:
    """Pay from money that the customer sent ahead: only bank transfers know such money, and cards do not."""
    intent = await intents.get(ctx, id)
    raise InvalidRequest("This PaymentIntent cannot be paid from a cash balance: it takes cards, and cash balances "
                         "belong to bank transfers, which are not available here.", payment_intent=intent,
                         code="payment_intent_unexpected_state")
