"""Test cards and accounts of which something special comes, known by what everybody may see of them."""

from typing import Any

from backend.payments.rows import Charge

Row = dict[str, Any]

_OF = {
    ("visa", "0259"): "fraudulent", ("visa", "2685"): "product_not_received", ("visa", "1976"): "inquiry",
    ("visa", "5423"): "fraud_record", ("visa", "0079"): "multiple", ("visa", "0038"): "visa_compelling_evidence_3",
    ("visa", "0779"): "visa_compliance", ("mastercard", "0002"): "mastercard_compliance",
    ("visa", "0043"): "fraudulent",
    ("visa", "4816"): "resolution", ("visa", "5649"): "block", ("mastercard", "0018"): "resolution",
    ("us_bank_account", "5559"): "debit", ("AT", "3203"): "debit", ("DE", "3002"): "debit", ("FR", "2608"): "debit",
    ("BE", "7063"): "debit", ("IE", "5670"): "debit",
}
"""(brand, type or country; last four) -> what comes after the payment. "resolution" and "block" are how a dispute is
prevented where prevention is on (TEST_RISK); elsewhere they are ordinary disputes."""
_PROTECTED = frozenset({("visa", "0259")})
"""Cards whose dispute does not come once the cardholder was authenticated: the loss is the issuer's."""
_SHIFTED = ("authenticated", "attempt_acknowledged")
_AT_ONCE = frozenset({("visa", "0077"), ("visa", "0278")})
"""Cards whose money need not wait to become available."""


def of(method: Row, secure: Row | None = None) -> str | None:
    """What comes after a test payment with this method, or None; `secure` is what 3-D Secure said."""
    facts = method.get("card") or method.get("bank") or {}
    where = (str(facts.get("brand") or facts.get("country") or method.get("type")), str(facts.get("last4")))
    if where in _PROTECTED and secure and secure.get("result") in _SHIFTED:
        return None
    return _OF.get(where)


def at_once(charge: Charge) -> bool:
    """Whether the money of a test charge is available as soon as it is captured: so are all debits in dollars."""
    details = charge.payment_method_details or {}
    card = details.get("card") or {}
    return details.get("type") == "us_bank_account" or (card.get("brand"), card.get("last4")) in _AT_ONCE
