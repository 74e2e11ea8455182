"""Test cards and accounts whose payments are disputed or reported later, known by what everybody may see of them."""

from typing import Any

Row = dict[str, Any]

_OF = {
    ("visa", "0259"): "fraudulent", ("visa", "2685"): "product_not_received", ("visa", "1976"): "inquiry",
    ("visa", "5423"): "fraud_record", ("visa", "0079"): "multiple", ("visa", "0038"): "visa_compelling_evidence_3",
    ("visa", "0779"): "visa_compliance", ("mastercard", "0002"): "mastercard_compliance",
    ("visa", "0043"): "fraudulent",
    ("visa", "4816"): "fraudulent", ("visa", "5649"): "fraudulent", ("mastercard", "0018"): "fraudulent",
    ("us_bank_account", "5559"): "debit", ("AT", "3203"): "debit", ("DE", "3002"): "debit", ("FR", "2608"): "debit",
    ("BE", "7063"): "debit", ("IE", "5670"): "debit",
}
"""(brand, type or country; last four) -> what comes after the payment; those that an enrolled account could prevent
are ordinary disputes, for no account is enrolled."""


def of(method: Row) -> str | None:
    """What comes after a test payment with this method, or None."""
    facts = method.get("card") or method.get("bank") or {}
    where = facts.get("brand") or facts.get("country") or method.get("type")
    return _OF.get((str(where), str(facts.get("last4"))))
