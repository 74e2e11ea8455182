"""What a caller says when creating a checkout session, turned into a row; the rules that span several parameters.

Each single value has been checked by the API's table of parameters. Limits: reference contract section 12.
"""

from datetime import datetime, timedelta
from typing import Any

from backend.errors import InvalidRequest
from backend.logs import redact
from backend.metadata import merged

Params = dict[str, Any]

LIFETIME_MIN, LIFETIME_MAX = timedelta(minutes=30), timedelta(hours=24)
ITEMS_MAX = 100
BUYER = ("email", "name", "country", "postal_code", "line1", "line2", "city", "state")
BUYER_TEXT_MAX = 512
_GRACE = timedelta(minutes=1)
_PLAIN = ("client_reference_id", "success_url", "cancel_url", "submit_type", "locale", "billing_address_collection",
          "customer_creation")


def row(params: Params, now: datetime) -> Params:
    """The session's columns without its amounts; raises InvalidRequest naming the parameter."""
    for other in ("customer_email", "customer_creation"):
        if params.get("customer") and params.get(other):
            raise InvalidRequest(f"You may only specify one of these parameters: customer, {other}.",
                                 code="parameters_exclusive", param=other)
    payment = params.get("payment_intent_data") or {}
    return {
        "mode": "payment", "ui_mode": "hosted_page",
        "customer_id": params.get("customer") or None, "customer_email": params.get("customer_email") or None,
        **{name: params.get(name) or None for name in _PLAIN},
        "metadata": merged({}, params.get("metadata")), "expires_at": _expiry(params.get("expires_at"), now),
        "payment_intent_data": {name: value for name, value in payment.items() if value},
    }


def check_buyer(buyer: Params) -> None:
    """Refuse what a shopper typed when it holds a card number: only the vault may have those (attack A12)."""
    for name in BUYER:
        text = str(buyer.get(name) or "")
        if len(text) > BUYER_TEXT_MAX:
            raise InvalidRequest(f"{name} must be at most {BUYER_TEXT_MAX} characters.", param=name,
                                 code="parameter_invalid_string_length")
        if "\x00" in text:
            raise InvalidRequest(f"{name} must not contain a null character.", param=name,
                                 code="parameter_invalid_string")
        if redact(text) != text:
            raise InvalidRequest(f"The value of {name} looks like a card number. Only the card field takes one.",
                                 param=name, code="parameter_invalid_card_number")


def _expiry(seconds: int | None, now: datetime) -> str:
    if seconds is None:
        return (now + LIFETIME_MAX).isoformat()
    life = seconds - now.timestamp()
    # A minute's grace on both ends: the caller's clock and ours differ.
    if not (LIFETIME_MIN - _GRACE).total_seconds() <= life <= (LIFETIME_MAX + _GRACE).total_seconds():
        raise InvalidRequest("The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout "
                             "Session creation.", param="expires_at")
    return datetime.fromtimestamp(seconds, now.tzinfo).isoformat()
