"""Microdeposits: the two small deposits by which a customer proves an account whose number was typed.

That an account is proven is a fact about the account: it outlives the payment or the setup that asked for it.
"""

from datetime import timedelta
from typing import Any

from backend.codes import Code
from backend.context import Context
from backend.customers import payment_methods, shapes
from backend.errors import InvalidRequest

Row = dict[str, Any]
TRIES = 10
"""How often the deposits of one account may be told wrong, whatever asks for them."""
_ACTION = "verify_with_microdeposits"
_ARRIVE_DAYS = 2
_AMOUNTS = {(32, 45): "verified", (10, 11): "attempts_exceeded", (40, 41): "timeout"}
_CODES = {"SM11AA": "verified", "SM33CC": "attempts_exceeded", "SM44DD": "timeout"}
FAILED = {
    "failed": ("payment_method_microdeposit_failed",
               "Microdeposits could not be sent to this bank account. Ask your customer for another account."),
    "attempts_exceeded": ("payment_method_microdeposit_verification_attempts_exceeded",
                          "You have exceeded the number of allowed verification attempts. Ask your customer for "
                          "another account."),
    "timeout": ("payment_method_microdeposit_verification_timeout",
                "The microdeposits were not verified within ten days. Ask your customer to begin again."),
}


def asked(ctx: Context, method: Row) -> tuple[Row | None, Row | None]:
    """What an account needs before it is used, as (next_action, error): both None when it is proven."""
    if method["bank"].get("verified", True):
        return None, None
    if not method["bank"]["deposits"]:
        return None, failure(ctx, method, "failed")
    if method["bank"]["tries"] >= TRIES:
        return None, failure(ctx, method, "attempts_exceeded")
    arrival = ctx.clock.now() + timedelta(days=_ARRIVE_DAYS)
    return {"type": _ACTION, _ACTION: {
        "arrival_date": int(arrival.timestamp()), "microdeposit_type": "descriptor_code",
        "hosted_verification_url": f"{ctx.settings.api_base}/docs/bank-debits#microdeposits"}}, None


def awaited(next_action: Row | None) -> bool:
    """Whether an intent waits for its customer to tell the deposits."""
    return next_action is not None and next_action["type"] == _ACTION


def failure(ctx: Context, method: Row, why: str) -> Row:
    """`last_payment_error` (or `last_setup_error`) of an account that could not be proven."""
    code, message = FAILED[why]
    return {"type": "card_error", "code": code, "message": message,
            "doc_url": f"{ctx.settings.api_base}/docs/errors#{code}",
            "payment_method": shapes.payment_method(method, livemode=ctx.livemode)}


async def verify(ctx: Context, method: Row, params: Row) -> str:
    """Compare what the customer saw with the deposits: verified, attempts_exceeded or timeout.

    Raises InvalidRequest when it is merely wrong and may be tried again.
    """
    amounts, code = params.get("amounts"), params.get("descriptor_code")
    if amounts is not None and len(amounts) != 2:
        raise InvalidRequest("Pass the amounts of both deposits, in cents.", param="amounts",
                             code="payment_method_microdeposit_verification_amounts_invalid")
    found = _CODES.get(code.upper()) if code else _AMOUNTS.get((min(amounts or [0]), max(amounts or [0])))
    tries, proven = await payment_methods.tried(ctx, method["id"], found == "verified", TRIES)
    if tries >= TRIES and not proven:
        return "attempts_exceeded"
    if found is None:
        what, name = ("descriptor_code", "descriptor code") if code else ("amounts", "amounts")
        mismatch: Code = ("payment_method_microdeposit_verification_descriptor_code_mismatch" if code
                          else "payment_method_microdeposit_verification_amounts_mismatch")
        raise InvalidRequest(f"The {name} you provided does not match what was sent to the bank account. "
                             f"{TRIES - tries} tries are left.", param=what,
                             code=mismatch)
    return found
