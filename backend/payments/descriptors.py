"""What the bank statement of who pays says: the seller's name, and the words of the payment. Pure.

For cards it is `PREFIX* SUFFIX`, cut to 22 characters; for bank debits the payment's own descriptor, or the seller's
name.
Source: the official declarations of statement_descriptor and statement_descriptor_suffix.
"""

from typing import Any

from backend.errors import InvalidRequest
from backend.payments.rows import Payment

Row = dict[str, Any]
LENGTH_MAX, PREFIX_MAX = 22, 10


def seller(name: str) -> str:
    """A seller's name as a statement can show it."""
    kept = "".join(char for char in name if char.isascii() and char.isprintable() and char not in "<>\\'\"*")
    return " ".join(kept.split())[:LENGTH_MAX].strip()


def calculated(details: Row | None, payment: Payment) -> str | None:
    """The whole descriptor of a charge with these payment_method_details."""
    known = details or {}
    own, suffix = payment.statement_descriptor, payment.statement_descriptor_suffix
    name = known.get("seller") or ""
    if known.get("type", "card") == "card" and suffix:
        return f"{name[:PREFIX_MAX].strip()}* {suffix}"[:LENGTH_MAX].strip() if name else str(suffix)
    return own or name or None


def check(step: Any, params: Row) -> None:
    """Raise for a statement_descriptor where only a card will pay: its statement begins with the seller's name.

    The charges API reads it as the suffix, and a page that is open already is not stopped by it.
    """
    if step.answers == "charge" or step.payment.checkout_session_id:
        return
    kinds = {step.method["type"]} if step.method else set(params.get("payment_method_types") or ())
    if params.get("statement_descriptor") and kinds == {"card"}:
        raise InvalidRequest(
            "statement_descriptor cannot be set for a card payment: the statement begins with your name. Pass "
            "statement_descriptor_suffix for what comes after it.", param="statement_descriptor",
            code="parameter_invalid_combination")


def of_charge(params: Row) -> Row:
    """The parameters of POST /v1/charges, whose statement_descriptor is the suffix when there is no other."""
    own = params.get("statement_descriptor")
    return params if not own or params.get("statement_descriptor_suffix") else \
        {**params, "statement_descriptor_suffix": own}
