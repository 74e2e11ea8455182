"""Bank accounts in a setup: the customer's word on which they may be debited later, and the proof by deposits."""

from backend.context import Context
from backend.customers import mandates, microdeposits
from backend.errors import InvalidRequest
from backend.payments import debits
from backend.setups.steps import Row


async def prepare(ctx: Context, row: Row, method: Row) -> tuple[Row | None, Row | None]:
    """Before an account is kept: (next_action, error), both None when it may be at once.

    Raises InvalidRequest when it can never be set up like this.
    """
    debits.require_bank(ctx)
    await agreed(ctx, row, method)
    return microdeposits.asked(ctx, method)


async def agreed(ctx: Context, row: Row, method: Row) -> str | None:
    """The mandate in force that this setup rests on; None when the customer's word came with it and becomes one.

    Raises InvalidRequest when there is neither.
    """
    if row["mandate_data"]:
        return None
    kept = await mandates.of(ctx, method["id"])
    if kept is None:
        raise InvalidRequest("To debit a bank account later you need your customer's word, and there is none for this "
                             "payment method. Pass how it was given in mandate_data[customer_acceptance].",
                             code="setup_intent_mandate_invalid", param="mandate_data")
    return kept
