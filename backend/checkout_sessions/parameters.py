"""What a caller says when creating a checkout session, turned into rows; the rules that span several parameters.

Each single value has been checked by the API's table of parameters. Limits: reference contract section 12.
"""

from datetime import datetime, timedelta
from typing import Any

from backend import money
from backend.errors import InvalidRequest
from backend.logs import redact

Params = dict[str, Any]

LIFETIME_MIN, LIFETIME_MAX = timedelta(minutes=30), timedelta(hours=24)
ITEMS_MAX = 100
QUANTITY_MAX = 999_999
BUYER = ("email", "name", "country", "postal_code", "line1", "line2", "city", "state")
BUYER_TEXT_MAX = 512
_GRACE = timedelta(minutes=1)
_PLAIN = ("client_reference_id", "success_url", "cancel_url", "submit_type", "locale", "billing_address_collection")


def rows(params: Params, now: datetime) -> tuple[Params, list[Params]]:
    """The session's columns and its line items; raises InvalidRequest naming the parameter."""
    items = [_item(item) for item in params["line_items"]]
    currency = _currency(params, items)
    if params.get("customer") and params.get("customer_email"):
        raise InvalidRequest("You may only specify one of these parameters: customer, customer_email.",
                             code="parameters_exclusive", param="customer_email")
    payment = params.get("payment_intent_data") or {}
    return {
        "mode": "payment", "ui_mode": "hosted_page", "currency": currency, "amount_total": _total(items, currency),
        "customer_id": params.get("customer") or None, "customer_email": params.get("customer_email") or None,
        **{name: params.get(name) or None for name in _PLAIN},
        "metadata": params.get("metadata") or {}, "expires_at": _expiry(params.get("expires_at"), now),
        "payment_intent_data": {name: value for name, value in payment.items() if value},
    }, items


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


def _item(item: Params) -> Params:
    price, quantity = item["price_data"], item["quantity"]
    product = price["product_data"]
    return {"currency": price["currency"], "unit_amount": price["unit_amount"], "quantity": quantity,
            "amount_total": price["unit_amount"] * quantity, "name": product["name"],
            "description": product.get("description") or None, "images": product.get("images") or []}


def _currency(params: Params, items: list[Params]) -> str:
    """The one currency of the session: that of every line item."""
    if not items:
        raise InvalidRequest("Missing required param: line_items.", code="parameter_missing", param="line_items")
    currency: str = items[0]["currency"]
    for index, item in enumerate(items):
        if item["currency"] != currency:
            raise InvalidRequest("All line items must have the same currency.",
                                 param=f"line_items[{index}][price_data][currency]")
    if params.get("currency", currency) != currency:
        raise InvalidRequest("The currency of the Session differs from that of its line items.", param="currency")
    return currency


def _total(items: list[Params], currency: str) -> int:
    total: int = sum(item["amount_total"] for item in items)
    if total < money.minimum(currency):
        least = money.decimal_text(money.minimum(currency), currency)
        raise InvalidRequest("The Checkout Session's total amount due must add up to at least "
                             f"{least} {currency.upper()}.", code="amount_too_small", param="line_items")
    if total > money.AMOUNT_MAX:
        raise InvalidRequest("The Checkout Session's total amount due must be no more than "
                             f"{money.decimal_text(money.AMOUNT_MAX, currency)} {currency.upper()}.",
                             code="amount_too_large", param="line_items")
    return total


def _expiry(seconds: int | None, now: datetime) -> str:
    if seconds is None:
        return (now + LIFETIME_MAX).isoformat()
    life = seconds - now.timestamp()
    # A minute's grace on both ends: the caller's clock and ours differ.
    if not (LIFETIME_MIN - _GRACE).total_seconds() <= life <= (LIFETIME_MAX + _GRACE).total_seconds():
        raise InvalidRequest("The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout "
                             "Session creation.", param="expires_at")
    return datetime.fromtimestamp(seconds, now.tzinfo).isoformat()
