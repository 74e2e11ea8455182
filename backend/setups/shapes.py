"""The public objects of setups; pure. Source: the official SDKs' types at 2026-10-28.endive."""

from typing import Any

from backend.objects import (
    METADATA,
    always,
    anything,
    boolean,
    enum,
    expandable,
    hash_of,
    integer,
    list_of,
    nested,
    null,
    of,
    string,
    table,
    time,
    when,
)
from backend.payments.shapes import BANK_OPTIONS, ERROR, NEXT_ACTION

_ERROR = hash_of({**(ERROR.fields or {}), "setup_intent": when(nested("setup_intent"))})
_CHECKS = hash_of({"address_line1_check": null(string), "address_postal_code_check": null(string),
                   "cvc_check": null(string)})
_THREE_DS = hash_of({
    "authentication_flow": null(enum("challenge", "frictionless")), "electronic_commerce_indicator": null(string),
    "result": null(enum("attempt_acknowledged", "authenticated", "data_share_only", "exempted", "failed",
                        "not_supported", "processing_error")),
    "result_reason": null(string), "transaction_id": null(string), "version": null(string)})
_CARD = hash_of({
    "brand": null(string), "checks": null(_CHECKS), "country": null(string), "exp_month": null(integer),
    "exp_year": null(integer), "fingerprint": null(string), "funding": null(string), "last4": null(string),
    "network": null(string), "three_d_secure": null(_THREE_DS), "wallet": null(anything)})
SETUP_INTENT = table("setup_intent", "One wish to keep a payment method for payments to come.", {
    "allowed_payment_method_types": null(list_of(string)),
    "application": null(expandable("application")),
    "attach_to_self": always(boolean, False),
    "automatic_payment_methods": null(hash_of({"allow_redirects": when(enum("always", "never")),
                                               "enabled": null(boolean)})),
    "cancellation_reason": null(enum("abandoned", "duplicate", "requested_by_customer")),
    "client_secret": null(string),
    "created": of("created_at", time),
    "customer": null(expandable("customer")),
    "customer_account": null(string),
    "description": null(string),
    "excluded_payment_method_types": null(list_of(string)),
    "flow_directions": null(list_of(enum("inbound", "outbound"))),
    "last_setup_error": null(_ERROR),
    "latest_attempt": null(expandable("setup_attempt")),
    "livemode": boolean,
    "managed_payments": null(hash_of({"enabled": boolean})),
    "mandate": null(expandable("mandate")),
    "metadata": METADATA,
    "next_action": null(NEXT_ACTION),
    "on_behalf_of": null(expandable("account")),
    "payment_method": null(expandable("payment_method")),
    "payment_method_configuration_details": null(hash_of({"id": string, "parent": null(string)})),
    "payment_method_options": null(hash_of({"card": when(hash_of({
        "mandate_options": null(anything), "network": null(string),
        "request_three_d_secure": null(enum("any", "automatic", "challenge"))})),
        "us_bank_account": when(BANK_OPTIONS)})),
    "payment_method_types": list_of(string),
    "single_use_mandate": null(expandable("mandate")),
    "status": enum("canceled", "processing", "requires_action", "requires_confirmation", "requires_payment_method",
                   "succeeded"),
    "usage": enum("off_session", "on_session"),
})
SETUP_ATTEMPT = table("setup_attempt", "One try to set a payment method up, and how it ended.", {
    "application": null(expandable("application")),
    "attach_to_self": always(boolean, False),
    "created": of("created_at", time),
    "customer": null(expandable("customer")),
    "customer_account": null(string),
    "flow_directions": null(list_of(enum("inbound", "outbound"))),
    "livemode": boolean,
    "on_behalf_of": null(expandable("account")),
    "payment_method": expandable("payment_method"),
    "payment_method_details": hash_of({
        "card": when(_CARD), "sepa_debit": when(hash_of({})), "type": string, "us_bank_account": when(hash_of({}))}),
    "setup_error": null(_ERROR),
    "setup_intent": expandable("setup_intent"),
    "status": enum("abandoned", "failed", "processing", "requires_action", "requires_confirmation", "succeeded"),
    "usage": enum("off_session", "on_session"),
})
def details(method: dict[str, Any], checks: dict[str, Any], proof: dict[str, Any] | None) -> dict[str, Any]:
    """`payment_method_details` of an attempt; of a bank account there is nothing to tell."""
    if method["type"] != "card":
        return {"type": method["type"], method["type"]: {}}
    card = method["card"]
    shown = {name: card.get(name) for name in ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding",
                                               "last4")}
    secure = None if not proof else {
        "authentication_flow": proof.get("flow"), "electronic_commerce_indicator": proof.get("eci"),
        "result": proof.get("result"), "result_reason": None, "transaction_id": proof.get("ds_transaction_id"),
        "version": "2.2.0"}
    return {"type": "card", "card": {**shown, "checks": checks, "network": card.get("brand"),
                                     "three_d_secure": secure, "wallet": None}}
