"""Verbs of a PaymentIntent that no card here can do; each says so in its own words."""

from backend.context import Context
from backend.errors import InvalidRequest, unexpected_state
from backend.payments import intents
from backend.payments.attempts import Row
from backend.payments.states import Intent


async def increment(ctx: Context, id: str, params: Row) -> Row:
    """Raise what is held. No card network that is connected can do that, so it is refused for every card."""
    intent = await intents.get(ctx, id)
    if intent["status"] != Intent.REQUIRES_CAPTURE:
        raise unexpected_state("increment", intent["status"], Intent.REQUIRES_CAPTURE, payment_intent=intent)
    if params["amount"] <= intent["amount"]:
        raise InvalidRequest(f"The new amount must be more than the {intent['amount']} that is authorized.",
                             param="amount", code="amount_too_small")
    raise InvalidRequest("This PaymentIntent's card does not support incremental authorizations (see "
                         "payment_method_details.card.incremental_authorization of its charge). Cancel it and create "
                         "one for the whole amount.", code="incremental_authorization_unavailable")


async def apply_customer_balance(ctx: Context, id: str) -> Row:
    """Pay from money that the customer sent ahead: only bank transfers know such money, and cards do not."""
    intent = await intents.get(ctx, id)
    raise InvalidRequest("This PaymentIntent cannot be paid from a cash balance: it takes cards, and cash balances "
                         "belong to bank transfers, which are not available here.", payment_intent=intent,
                         code="payment_intent_unexpected_state")
