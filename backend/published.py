"""What a shopper may see of each object, whatever path leads to it: one table; pure.

It holds for everything that is answered to a publishable key: fresh and replayed, whole or inside another object, in an
error, expanded, and at the vault. What is not named here is not shown. Source: security, attacks A2 and A11.
"""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
Rule = Mapping[str, Any]
"""Field -> True for all of it, or the rule of the hash in it. Objects within follow their own."""

DECLINED = "Your card was declined."
_JUDGED = frozenset({"card_declined", "expired_card", "incorrect_cvc", "incorrect_number", "incorrect_zip"})
"""What an issuer says of a card: to whoever tries stolen ones each of them is an answer, so all are one."""


def _all(*names: str) -> Rule:
    return dict.fromkeys(names, True)


_ERROR = _all("charge", "code", "doc_url", "message", "param", "payment_intent", "payment_method", "request_log_url",
              "setup_intent", "type")
_CARD = _all("brand", "country", "display_brand", "exp_month", "exp_year", "funding", "last4", "networks",
             "three_d_secure_usage", "wallet")
_US_BANK_ACCOUNT = _all("account_holder_type", "account_type", "bank_name", "last4", "networks", "status_details")
_SEPA_DEBIT = _all("bank_code", "branch_code", "country", "last4")
_METHOD = {**_all("allow_redisplay", "billing_details", "type"), "card": _CARD, "us_bank_account": _US_BANK_ACCOUNT,
           "sepa_debit": _SEPA_DEBIT}
TABLE: Mapping[str, Rule] = {
    "payment_intent": {**_all(
        "id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at", "cancellation_reason",
        "capture_method", "client_secret", "confirmation_method", "created", "currency", "description", "livemode",
        "next_action", "payment_method", "payment_method_configuration_details", "payment_method_types", "processing",
        "receipt_email", "setup_future_usage", "shipping", "source", "status"), "last_payment_error": _ERROR},
    "setup_intent": {**_all(
        "id", "object", "automatic_payment_methods", "cancellation_reason", "client_secret", "created", "description",
        "livemode", "next_action", "payment_method", "payment_method_configuration_details", "payment_method_types",
        "status", "usage"), "last_setup_error": _ERROR},
    "payment_method": {**_all("id", "object", "created", "livemode"), **_METHOD},
    "card": _all(
        "id", "object", "address_city", "address_country", "address_line1", "address_line2", "address_state",
        "address_zip", "allow_redisplay", "brand", "country", "dynamic_last4", "exp_month", "exp_year", "funding",
        "last4", "name", "networks", "tokenization_method", "wallet"),
    "token": _all("id", "object", "card", "client_ip", "created", "livemode", "type", "used"),
    "confirmation_token": {**_all(
        "id", "object", "created", "expires_at", "livemode", "mandate_data", "payment_intent",
        "payment_method_options", "return_url", "setup_future_usage", "setup_intent", "shipping", "use_stripe_sdk"),
        "payment_method_preview": _METHOD},
}
"""By the object's name. Of an object that has no row here its id is shown."""


EXPANDED = frozenset({"payment_method"})
"""What may be expanded for a publishable key."""


def published(shape: Any) -> Any:
    """The part of an answer that a publishable key may see; what it is given stays as it is."""
    if isinstance(shape, list):
        return [published(one) for one in shape]
    if not isinstance(shape, dict):
        return shape
    if isinstance(shape.get("object"), str):
        return _only(shape, TABLE.get(shape["object"], _all("id", "object", "deleted")))
    if isinstance(shape.get("error"), dict):
        return {"error": _only(shape["error"], _ERROR)}
    return {name: published(value) for name, value in shape.items()}


def _only(shape: Json, rule: Rule) -> Json:
    shown = {name: published(shape[name]) if of is True or not isinstance(shape[name], dict) else _only(shape[name], of)
             for name, of in rule.items() if name in shape}
    return plain(shown) if rule is _ERROR else shown


def plain(error: Json) -> Json:
    """An error without what the issuer thinks of the card."""
    if error.get("type") != "card_error" or error.get("code") not in _JUDGED:
        return error
    if (error.get("payment_method") or {}).get("type", "card") != "card":
        return error
    told = {**error, "code": "card_declined", "message": DECLINED}
    if "doc_url" in error:
        told["doc_url"] = f"{error['doc_url'].partition('#')[0]}#card_declined"
    return told


def spoken(code: str | None) -> str | None:
    """The code of a refusal as a shopper may hear it."""
    return "card_declined" if code in _JUDGED else code
