"""Debits of bank accounts: what must hold before one is sent, and the two small deposits that prove an account.

The bank takes a debit at once and decides later; from sending on it goes the way of every payment.
"""

from datetime import timedelta

from backend.context import Context
from backend.customers import mandates, payment_methods
from backend.customers import shapes as customer_shapes
from backend.errors import InvalidRequest
from backend.networks import bank
from backend.payments.attempts import Row, Step

CURRENCIES = {"us_bank_account": "usd", "sepa_debit": "eur"}
TRIES = 10
"""How often the deposits may be told wrong."""
_ARRIVE_DAYS = 2
_AMOUNTS = {(32, 45): "verified", (10, 11): "attempts_exceeded", (40, 41): "timeout"}
_CODES = {"SM11AA": "verified", "SM33CC": "attempts_exceeded", "SM44DD": "timeout"}
_FAILED = {
    "failed": ("payment_method_microdeposit_failed",
               "Microdeposits could not be sent to this bank account. Ask your customer for another account."),
    "attempts_exceeded": ("payment_method_microdeposit_verification_attempts_exceeded",
                          "You have exceeded the number of allowed verification attempts. Ask your customer for "
                          "another account."),
    "timeout": ("payment_method_microdeposit_verification_timeout",
                "The microdeposits were not verified within ten days. Ask your customer to begin again."),
}


def is_debit(method: Row | None) -> bool:
    """True for a method that a bank collects."""
    return method is not None and method["type"] in bank.TYPES


def types(params: Row) -> list[str]:
    """`payment_method_types` of a new intent; with automatic_payment_methods, all that its currency allows."""
    if params.get("payment_method_types"):
        return list(params["payment_method_types"])
    automatic = (params.get("automatic_payment_methods") or {}).get("enabled")
    return ["card", *(kind for kind, currency in CURRENCIES.items() if automatic and currency == params["currency"])]


def check_type(method: Row, row: Row) -> None:
    """Raise InvalidRequest when the intent does not take methods of this type."""
    if method["type"] not in row["payment_method_types"]:
        raise InvalidRequest(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent. Use one of the "
            f"following types: {', '.join(row['payment_method_types'])}; or list {method['type']} in "
            "payment_method_types.", code="payment_intent_incompatible_payment_method", param="payment_method")


async def prepare(ctx: Context, step: Step, params: Row) -> tuple[Row | None, Row | None]:
    """Before a debit is sent: (next_action, error), both None when it may be; the mandate is on `step` then.

    Raises InvalidRequest when it can never be sent like this.
    """
    row, method = step.payment, step.method
    assert method
    kind, currency = method["type"], CURRENCIES[method["type"]]
    if ctx.livemode:
        raise InvalidRequest("Bank debits are only available in test mode: no bank is configured here.",
                             code="livemode_mismatch", param="payment_method")
    if row["currency"] != currency:
        raise InvalidRequest(f"A {kind} can only be debited in {currency}, and this PaymentIntent is in "
                             f"{row['currency']}.", code="payment_method_currency_mismatch", param="payment_method")
    if row["capture_method"] == "manual":
        raise InvalidRequest(f"A {kind} cannot be authorized first and captured later: use capture_method=automatic.",
                             code="parameter_invalid_combination", param="capture_method")
    step.mandate = await _mandate(ctx, row, method, params)
    if method["bank"].get("verified", True):
        return None, None
    if not method["bank"]["deposits"]:
        return None, failure(ctx, method, "failed")
    return _deposits(ctx), None


async def _mandate(ctx: Context, row: Row, method: Row, params: Row) -> str:
    acceptance = (params.get("mandate_data") or {}).get("customer_acceptance")
    if acceptance:
        once = None if row["setup_future_usage"] else {"amount": row["amount"], "currency": row["currency"]}
        return await mandates.agree(ctx, method, acceptance, once)
    kept = await mandates.of(ctx, method["id"])
    if kept is None or params.get("mandate") not in (None, kept):
        raise InvalidRequest("A bank debit needs your customer's word, and there is none for this payment method. "
                             "Pass how it was given in mandate_data[customer_acceptance].",
                             code="payment_intent_mandate_invalid", param="mandate_data")
    return kept


def _deposits(ctx: Context) -> Row:
    arrival = ctx.clock.now() + timedelta(days=_ARRIVE_DAYS)
    return {"type": "verify_with_microdeposits", "verify_with_microdeposits": {
        "arrival_date": int(arrival.timestamp()), "microdeposit_type": "descriptor_code",
        "hosted_verification_url": f"{ctx.settings.api_base}/docs/bank-debits#microdeposits"}}


def failure(ctx: Context, method: Row, why: str) -> Row:
    """`last_payment_error` of an account that could not be verified."""
    code, message = _FAILED[why]
    return {"type": "card_error", "code": code, "message": message,
            "doc_url": f"{ctx.settings.api_base}/docs/errors#{code}",
            "payment_method": customer_shapes.payment_method(method, livemode=ctx.livemode)}


async def verify(ctx: Context, method: Row, params: Row) -> str:
    """Compare what the customer saw with the deposits: verified, attempts_exceeded or timeout.

    Raises InvalidRequest when it is merely wrong and may be tried again.
    """
    amounts, code = params.get("amounts"), params.get("descriptor_code")
    if amounts is not None and len(amounts) != 2:
        raise InvalidRequest("Pass the amounts of both deposits, in cents.", param="amounts",
                             code="payment_method_microdeposit_verification_amounts_invalid")
    found = _CODES.get(code.upper()) if code else _AMOUNTS.get((min(amounts or [0]), max(amounts or [0])))
    tries = await payment_methods.tried(ctx, method["id"], found == "verified")
    if found is None and tries >= TRIES:
        return "attempts_exceeded"
    if found is None:
        what, name = ("descriptor_code", "descriptor code") if code else ("amounts", "amounts")
        raise InvalidRequest(f"The {name} you provided does not match what was sent to the bank account. "
                             f"{TRIES - tries} tries are left.", param=what,
                             code=f"payment_method_microdeposit_verification_{what}_mismatch")
    return found

