"""The public objects of intents, charges and refunds: for the API, the webhooks and the pages alike; pure.

A row is the database row as JSON: times are ISO 8601 text. Source: the PaymentIntent, Charge and Refund types of the
official SDKs at 2026-10-28.endive.
"""

from typing import Any

from backend.customers.shapes import BILLING, SHIPPING
from backend.ledger.shapes import id_of
from backend.objects import (
    METADATA,
    always,
    anything,
    asked,
    boolean,
    enum,
    expandable,
    hash_of,
    integer,
    list_of,
    map_of,
    nested,
    null,
    of,
    string,
    sub_list,
    table,
    time,
    when,
)
from backend.payments.descriptors import calculated
from backend.payments.rows import Charge, Payment, Refund

Row = dict[str, Any]

ERROR = hash_of({
    **{name: when(string) for name in (
        "advice_code", "charge", "code", "decline_code", "doc_url", "message", "network_advice_code",
        "network_decline_code", "param", "payment_method_type", "request_log_url")},
    "payment_method": when(nested("payment_method")),
    "type": enum("api_error", "card_error", "idempotency_error", "invalid_request_error"),
})
_CARD_OPTIONS = hash_of({
    "installments": null(anything), "mandate_options": null(anything), "network": null(string),
    "request_incremental_authorization": when(enum("if_available", "never")),
    "request_multicapture": when(enum("if_available", "never")),
    "request_three_d_secure": always(enum("any", "automatic", "challenge"), "automatic"),
    "setup_future_usage": when(enum("none", "off_session", "on_session")),
})
BANK_OPTIONS = hash_of({"verification_method": when(enum("automatic", "instant", "microdeposits"))})
NEXT_ACTION = hash_of({
    "redirect_to_url": when(hash_of({"return_url": null(string), "url": null(string)})),
    "type": string,
    "use_stripe_sdk": when(anything),
    "verify_with_microdeposits": when(hash_of({
        "arrival_date": integer, "hosted_verification_url": string,
        "microdeposit_type": null(enum("amounts", "descriptor_code"))})),
})
PAYMENT_INTENT = table("payment_intent", "One purchase, from the wish to pay to the money or the end.", {
    "allowed_payment_method_types": null(list_of(string)),
    "amount": integer,
    "amount_capturable": integer,
    "amount_details": always(hash_of({"tip": hash_of({"amount": when(integer)})}), {"tip": {}}),
    "amount_received": of("captured", integer),
    "application": null(expandable("application")),
    "application_fee_amount": null(integer),
    "automatic_payment_methods": null(hash_of({"allow_redirects": when(enum("always", "never")), "enabled": boolean})),
    "canceled_at": null(time),
    "cancellation_reason": null(enum("abandoned", "automatic", "duplicate", "expired", "failed_invoice", "fraudulent",
                                     "requested_by_customer", "void_invoice")),
    "capture_method": enum("automatic", "automatic_async", "manual"),
    "client_secret": null(string),
    "confirmation_method": enum("automatic", "manual"),
    "created": of("created_at", time),
    "currency": string,
    "customer": of("customer_id", null(expandable("customer"))),
    "customer_account": null(string),
    "description": null(string),
    "excluded_payment_method_types": null(list_of(string)),
    "last_payment_error": null(ERROR),
    "latest_charge": of("latest_charge_id", null(expandable("charge"))),
    "livemode": boolean,
    "managed_payments": null(hash_of({"enabled": boolean})),
    "metadata": METADATA,
    "next_action": null(NEXT_ACTION),
    "on_behalf_of": null(expandable("account")),
    "payment_method": of("payment_method_id", null(expandable("payment_method"))),
    "payment_method_configuration_details": null(hash_of({"id": string, "parent": null(string)})),
    "payment_method_options": always(
        hash_of({"card": when(_CARD_OPTIONS), "us_bank_account": when(BANK_OPTIONS)}), {"card": {}}),
    "payment_method_types": list_of(string),
    "payment_record": null(expandable("payment_record")),
    "processing": null(anything),
    "receipt_email": null(string),
    "review": null(expandable("review")),
    "setup_future_usage": null(enum("off_session", "on_session")),
    "shipping": null(SHIPPING),
    "source": null(expandable("account", "bank_account")),
    "statement_descriptor": null(string),
    "statement_descriptor_suffix": null(string),
    "status": enum("canceled", "processing", "requires_action", "requires_capture", "requires_confirmation",
                   "requires_payment_method", "succeeded"),
    "transfer_data": null(hash_of({"amount": when(integer), "destination": expandable("account")})),
    "transfer_group": null(string),
    "last_attempt": when(anything),
})
_CARD_DETAILS = hash_of({
    "amount_authorized": null(integer), "authorization_code": null(string), "brand": null(string),
    "capture_before": when(integer),
    "checks": null(hash_of({"address_line1_check": null(string), "address_postal_code_check": null(string),
                            "cvc_check": null(string)})),
    "country": null(string), "electronic_commerce_indicator": null(string), "exp_month": null(integer),
    "exp_year": null(integer), "extended_authorization": when(hash_of({"status": enum("disabled", "enabled")})),
    "fingerprint": null(string), "funding": null(string),
    "incremental_authorization": when(hash_of({"status": enum("available", "unavailable")})),
    "installments": null(anything), "last4": null(string), "mandate": null(expandable("mandate")),
    "multicapture": when(hash_of({"status": enum("available", "unavailable")})), "network": null(string),
    "network_token": when(hash_of({"used": boolean})), "network_transaction_id": null(string),
    "overcapture": when(hash_of({"maximum_amount_capturable": integer, "status": enum("available", "unavailable")})),
    "regulated_status": null(enum("regulated", "unregulated")),
    "three_d_secure": null(hash_of({
        "authentication_flow": null(enum("challenge", "frictionless")), "electronic_commerce_indicator": null(string),
        "exemption_indicator": null(enum("low_risk", "none")),
        "result": null(enum("attempt_acknowledged", "authenticated", "data_share_only", "exempted", "failed",
                            "not_supported", "processing_error")),
        "result_reason": null(string), "transaction_id": null(string), "version": null(string)})),
    "transaction_link_id": null(string), "wallet": null(anything),
})
_US_BANK_DETAILS = hash_of({
    **{name: null(string) for name in ("account_holder_type", "account_type", "bank_name", "fingerprint",
                                       "last4", "payment_reference", "routing_number")},
    "expected_debit_date": when(string), "mandate": when(expandable("mandate"))})
_SEPA_DETAILS = hash_of({**{name: null(string) for name in (
    "bank_code", "branch_code", "country", "fingerprint", "last4", "mandate")}, "expected_debit_date": when(string)})
CHARGE = table("charge", "One attempt to take the money of a payment.", {
    "amount": integer,
    "amount_captured": integer,
    "amount_refunded": integer,
    "application": null(expandable("application")),
    "application_fee": null(expandable("application_fee")),
    "application_fee_amount": null(integer),
    "balance_transaction": null(expandable("balance_transaction")),
    "billing_details": BILLING,
    "calculated_statement_descriptor": null(string),
    "captured": boolean,
    "created": of("created_at", time),
    "currency": string,
    "customer": of("customer_id", null(expandable("customer"))),
    "description": null(string),
    "disputed": always(boolean, False),
    "failure_balance_transaction": null(expandable("balance_transaction")),
    "failure_code": null(string),
    "failure_message": null(string),
    "fraud_details": always(map_of(string), {}),
    "livemode": boolean,
    "metadata": METADATA,
    "on_behalf_of": null(expandable("account")),
    "outcome": null(hash_of({
        "advice_code": null(enum("confirm_card_data", "do_not_try_again", "try_again_later")),
        "network_advice_code": null(string), "network_decline_code": null(string), "network_status": null(string),
        "reason": null(string), "risk_level": when(string), "risk_score": when(integer), "rule": when(string),
        "seller_message": null(string), "type": string})),
    "paid": boolean,
    "payment_intent": of("payment_id", null(expandable("payment_intent"))),
    "payment_method": of("payment_method_id", null(string)),
    "payment_method_details": null(hash_of({
        "card": when(_CARD_DETAILS), "sepa_debit": when(_SEPA_DETAILS), "type": string,
        "us_bank_account": when(_US_BANK_DETAILS)})),
    "radar_options": always(map_of(string), {}),
    "receipt_email": null(string),
    "receipt_number": null(string),
    "receipt_url": null(string),
    "refunded": boolean,
    "refunds": sub_list("refund"),
    "review": null(expandable("review")),
    "shipping": null(SHIPPING),
    "source": null(anything),
    "source_transfer": null(expandable("transfer")),
    "statement_descriptor": null(string),
    "statement_descriptor_suffix": null(string),
    "status": enum("failed", "pending", "succeeded"),
    "transfer": asked(expandable("transfer")),
    "transfer_data": null(hash_of({"amount": null(integer), "destination": expandable("account")})),
    "transfer_group": null(string),
})
_TRANSFER = hash_of({"reference": null(string), "reference_status": null(string)})
_TRANSFERS = {"sepa_debit": "eu_bank_transfer", "us_bank_account": "us_bank_transfer"}
"""How the money of a bank debit goes back."""
REFUND = table("refund", "Money of a charge on its way back.", {
    "amount": integer,
    "balance_transaction": null(expandable("balance_transaction")),
    "charge": of("charge_id", null(expandable("charge"))),
    "created": of("created_at", time),
    "currency": string,
    "customer": of("customer_id", null(expandable("customer"))),
    "customer_account": null(string),
    "description": when(string),
    "destination_details": when(hash_of({
        "card": when(hash_of({"reference": when(string), "reference_status": when(string),
                              "reference_type": when(string), "type": enum("pending", "refund", "reversal")})),
        "eu_bank_transfer": when(_TRANSFER), "us_bank_transfer": when(_TRANSFER),
        "type": string})),
    "failure_balance_transaction": when(expandable("balance_transaction")),
    "failure_reason": when(string),
    "instructions_email": when(string),
    "metadata": METADATA,
    "next_action": when(anything),
    "payment_intent": of("payment_id", null(expandable("payment_intent"))),
    "payment_method": of("payment_method_id", null(expandable("payment_method"))),
    "pending_reason": when(enum("charge_pending", "insufficient_funds", "processing")),
    "presentment_details": when(anything),
    "reason": null(enum("duplicate", "expired_uncaptured_charge", "fraudulent", "requested_by_customer")),
    "receipt_number": null(string),
    "source_transfer_reversal": null(expandable("transfer_reversal")),
    "status": null(enum("canceled", "failed", "pending", "requires_action", "succeeded")),
    "transfer_reversal": null(expandable("transfer_reversal")),
})


def intent(row: Payment, *, livemode: bool) -> dict[str, Any]:
    """The PaymentIntent object; `last_attempt` is our extension and appears only while an outcome is unknown."""
    return PAYMENT_INTENT.render(vars(row), livemode=livemode,
                                 payment_method_options=row.payment_method_options or {"card": {}})


def options(params: Row) -> Row:
    """payment_method_options with every field of its card part, or empty for the defaults."""
    given = params.get("payment_method_options") or {}
    shown = {name: given[name] for name in ("us_bank_account",) if given.get(name)}
    if card := given.get("card"):
        shown["card"] = {"installments": None, "mandate_options": None, "network": None,
                           "request_three_d_secure": "automatic", **card}
    return shown


_OF_INTENT = ("description", "metadata", "receipt_email", "shipping", "statement_descriptor",
              "statement_descriptor_suffix", "transfer_group")


def charge(row: Charge, payment: Payment, *, livemode: bool, receipt_url: str | None) -> dict[str, Any]:
    """The Charge object; what the intent says of the purchase is shown from the intent, unless the charge's own words
    were changed."""
    moved = id_of("capture", row.id) if row.captured else None
    return CHARGE.render(vars(row), livemode=livemode, paid=row.status == "succeeded", balance_transaction=moved,
                         receipt_url=receipt_url,
                         calculated_statement_descriptor=calculated(row.payment_method_details, payment),
                         **{name: getattr(payment, name) for name in _OF_INTENT} | (row.own or {}))


def refund(row: Refund) -> dict[str, Any]:
    """The Refund object: the money goes back to the card, or by a transfer to the bank account. It left when it has the
    acquirer's reference; of what was only held none ever came."""
    reference, id, released, told = row.acquirer_ref, row.id, row.released, vars(row)
    moved = {"balance_transaction": id_of("refund", id) if reference else None,
             "failure_balance_transaction": id_of("refund_reversal", id)
             if reference and row.status == "failed" else None}
    if transfer := _TRANSFERS.get(row.method_type or ""):
        return REFUND.render(told, **moved, destination_details={"type": transfer, transfer: {
            "reference": reference, "reference_status": "available" if reference else "pending"}})
    return REFUND.render(told, **moved, destination_details={"type": "card", "card": {
        "reference": reference, "reference_status": "available" if reference else
        "unavailable" if released else "pending", "reference_type": "acquirer_reference_number",
        "type": "pending" if row.status == "pending" else "reversal" if released else "refund"}})
