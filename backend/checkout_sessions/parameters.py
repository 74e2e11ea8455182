"""What a caller says when creating a checkout session, turned into a row; the rules that span several parameters.

Each single value has been checked by the API's table of parameters. Limits: reference contract section 12.
"""

from datetime import datetime, timedelta
from typing import Any

from backend.errors import InvalidRequest
from backend.metadata import merged

Params = dict[str, Any]

LIFETIME_MIN, LIFETIME_MAX = timedelta(minutes=30), timedelta(hours=24)
ITEMS_MAX = 100
_GRACE = timedelta(minutes=1)
_OF_PAYMENT = ("line_items", "payment_intent_data", "discounts", "allow_promotion_codes", "shipping_options",
               "shipping_address_collection", "submit_type")
"""What a session without a payment has no use for."""
LOCALES = tuple("""auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl
                   pl pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW""".split())
"""Languages that a page can be asked for."""
_PLAIN = ("client_reference_id", "success_url", "cancel_url", "submit_type", "locale", "billing_address_collection",
          "customer_creation")


def row(params: Params, now: datetime) -> Params:
    """The session's columns without its amounts; raises InvalidRequest naming the parameter."""
    for other in ("customer_email", "customer_creation"):
        if params.get("customer") and params.get(other):
            raise InvalidRequest(f"You may only specify one of these parameters: customer, {other}.",
                                 code="parameters_exclusive", param=other)
    for other in _OF_PAYMENT if params["mode"] == "setup" else ("setup_intent_data",):
        if other in params:
            raise InvalidRequest(f"You can not pass `{other}` in `{params['mode']}` mode.", param=other,
                                 code="parameter_invalid_combination")
    payment = params.get("payment_intent_data") or {}
    return {
        "mode": params["mode"], "ui_mode": "hosted_page",
        "customer_id": params.get("customer") or None, "customer_email": params.get("customer_email") or None,
        **{name: params.get(name) or None for name in _PLAIN},
        "metadata": merged({}, params.get("metadata")), "expires_at": _expiry(params.get("expires_at"), now),
        "setup_intent_data": params.get("setup_intent_data"),
        "payment_intent_data": {name: value for name, value in payment.items() if value},
    }


def _expiry(seconds: int | None, now: datetime) -> str:
    if seconds is None:
        return (now + LIFETIME_MAX).isoformat()
    life = seconds - now.timestamp()
    # A minute's grace on both ends: the caller's clock and ours differ.
    if not (LIFETIME_MIN - _GRACE).total_seconds() <= life <= (LIFETIME_MAX + _GRACE).total_seconds():
        raise InvalidRequest("The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout "
                             "Session creation.", param="expires_at")
    return datetime.fromtimestamp(seconds, now.tzinfo).isoformat()
