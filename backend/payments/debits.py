"""Debits of bank accounts: what must hold before one is sent.

The bank takes a debit at once and decides later; from sending on it goes the way of every payment.
"""

from typing import Any

from backend.context import Context
from backend.customers import mandates, microdeposits
from backend.errors import InvalidRequest
from backend.payments.rows import Payment
from backend.payments.steps import Step

Row = dict[str, Any]

CURRENCIES = {"us_bank_account": "usd", "sepa_debit": "eur"}


def types(params: Row) -> list[str]:
    """`payment_method_types` of a new intent; with automatic_payment_methods, all that its currency allows (a setup
    has none, so all)."""
    if params.get("payment_method_types"):
        return list(params["payment_method_types"])
    automatic = (params.get("automatic_payment_methods") or {}).get("enabled")
    return ["card", *(kind for kind, currency in CURRENCIES.items()
                      if automatic and currency == params.get("currency", currency))]


def check_type(method: Row, row: Payment) -> None:
    """Raise InvalidRequest when the intent does not take methods of this type."""
    if method["type"] not in row.payment_method_types:
        raise InvalidRequest(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent. Use one of the "
            f"following types: {', '.join(row.payment_method_types)}; or list {method['type']} in "
            "payment_method_types.", code="payment_intent_incompatible_payment_method", param="payment_method")


def require_bank(ctx: Context) -> None:
    """Raise InvalidRequest where no bank is there to collect anything."""
    if ctx.livemode:
        raise InvalidRequest("Bank debits are only available in test mode: no bank is configured here.",
                             code="livemode_mismatch", param="payment_method")


async def prepare(ctx: Context, step: Step, params: Row) -> tuple[Row | None, Row | None]:
    """Before a debit is sent: (next_action, error), both None when it may be; the mandate is on `step` then.

    Raises InvalidRequest when it can never be sent like this.
    """
    row, method = step.payment, step.method
    assert method
    kind, currency = method["type"], CURRENCIES[method["type"]]
    require_bank(ctx)
    if row.currency != currency:
        raise InvalidRequest(f"A {kind} can only be debited in {currency}, and this PaymentIntent is in "
                             f"{row.currency}.", code="payment_method_currency_mismatch", param="payment_method")
    if row.capture_method == "manual":
        raise InvalidRequest(f"A {kind} cannot be authorized first and captured later: use capture_method=automatic.",
                             code="parameter_invalid_combination", param="capture_method")
    step.mandate = await _mandate(ctx, row, method, params)
    return microdeposits.asked(ctx, method)


async def _mandate(ctx: Context, row: Payment, method: Row, params: Row) -> str:
    acceptance = (params.get("mandate_data") or {}).get("customer_acceptance")
    if acceptance:
        once = None if row.setup_future_usage else {"amount": row.amount, "currency": row.currency}
        async with ctx.transaction() as tx:
            return await mandates.agree(ctx, tx, method, acceptance, once)
    kept = await mandates.of(ctx, method["id"])
    if kept is None or params.get("mandate") not in (None, kept):
        raise InvalidRequest("A bank debit needs your customer's word, and there is none for this payment method. "
                             "Pass how it was given in mandate_data[customer_acceptance].",
                             code="payment_intent_mandate_invalid", param="mandate_data")
    return kept
