"""Row -> public JSON of intents, charges and refunds: used by the API, the webhooks and the pages alike; pure.

A row is the database row as JSON: times are ISO 8601 text. Source: the PaymentIntent, Charge and Refund types of the
official SDKs at 2026-10-28.endive.
"""

from typing import Any

from backend.clock import unix

Row = dict[str, Any]

_PUBLISHABLE = (
    "id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at", "cancellation_reason",
    "capture_method", "client_secret", "confirmation_method", "created", "currency", "description",
    "last_payment_error", "livemode", "next_action", "payment_method", "payment_method_configuration_details",
    "payment_method_types", "processing", "receipt_email", "setup_future_usage", "shipping", "source", "status")
"""What a publishable key with the client secret may see (security A2)."""


def intent(row: Row, *, livemode: bool) -> dict[str, Any]:
    """The PaymentIntent object; `last_attempt` is our extension and appears only while an outcome is unknown."""
    shape = {
        "id": row["id"],
        "object": "payment_intent",
        "amount": row["amount"],
        "amount_capturable": row["amount_capturable"],
        "amount_details": {"tip": {}},
        "amount_received": row["captured"],
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": row["automatic_payment_methods"],
        "canceled_at": unix(row["canceled_at"]),
        "cancellation_reason": row["cancellation_reason"],
        "capture_method": row["capture_method"],
        "client_secret": row["client_secret"],
        "confirmation_method": row["confirmation_method"],
        "created": unix(row["created_at"]),
        "currency": row["currency"],
        "customer": row["customer_id"],
        "customer_account": None,
        "description": row["description"],
        "excluded_payment_method_types": None,
        "last_payment_error": row["last_payment_error"],
        "latest_charge": row["latest_charge_id"],
        "livemode": livemode,
        "metadata": row["metadata"],
        "next_action": row["next_action"],
        "on_behalf_of": None,
        "payment_method": row["payment_method_id"],
        "payment_method_configuration_details": None,
        "payment_method_options": row["payment_method_options"] or {"card": {
            "installments": None, "mandate_options": None, "network": None, "request_three_d_secure": "automatic"}},
        "payment_method_types": row["payment_method_types"],
        "processing": None,
        "receipt_email": row["receipt_email"],
        "review": None,
        "setup_future_usage": row["setup_future_usage"],
        "shipping": row["shipping"],
        "source": None,
        "statement_descriptor": row["statement_descriptor"],
        "statement_descriptor_suffix": row["statement_descriptor_suffix"],
        "status": row["status"],
        "transfer_data": None,
        "transfer_group": row["transfer_group"],
    }
    if row.get("last_attempt"):
        shape["last_attempt"] = row["last_attempt"]
    return shape


def published(shape: dict[str, Any]) -> dict[str, Any]:
    """The part of a PaymentIntent that a publishable key may see."""
    return {name: shape[name] for name in _PUBLISHABLE if name in shape}


def charge(row: Row, payment: Row, *, livemode: bool) -> dict[str, Any]:
    """The Charge object; what the intent says of the purchase is shown from the intent."""
    return {
        "id": row["id"],
        "object": "charge",
        "amount": row["amount"],
        "amount_captured": row["amount_captured"],
        "amount_refunded": row["amount_refunded"],
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": row["billing_details"],
        "calculated_statement_descriptor": payment["statement_descriptor"],
        "captured": row["captured"],
        "created": unix(row["created_at"]),
        "currency": row["currency"],
        "customer": row["customer_id"],
        "description": payment["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": row["failure_code"],
        "failure_message": row["failure_message"],
        "fraud_details": {},
        "livemode": livemode,
        "metadata": payment["metadata"],
        "on_behalf_of": None,
        "outcome": row["outcome"],
        "paid": row["status"] == "succeeded",
        "payment_intent": row["payment_id"],
        "payment_method": row["payment_method_id"],
        "payment_method_details": row["payment_method_details"],
        "radar_options": {},
        "receipt_email": payment["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": row["refunded"],
        "review": None,
        "shipping": payment["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": payment["statement_descriptor"],
        "statement_descriptor_suffix": payment["statement_descriptor_suffix"],
        "status": row["status"],
        "transfer_data": None,
        "transfer_group": payment["transfer_group"],
    }


def refund(row: Row) -> dict[str, Any]:
    """The Refund object of a card payment."""
    return {
        "id": row["id"],
        "object": "refund",
        "amount": row["amount"],
        "balance_transaction": None,
        "charge": row["charge_id"],
        "created": unix(row["created_at"]),
        "currency": row["currency"],
        "customer": row["customer_id"],
        "customer_account": None,
        "description": None,
        "destination_details": {"card": {
            "reference": row["acquirer_ref"], "reference_status": "available" if row["acquirer_ref"] else "pending",
            "reference_type": "acquirer_reference_number",
            "type": "pending" if row["status"] == "pending" else "refund"}, "type": "card"},
        "failure_balance_transaction": None,
        "failure_reason": row["failure_reason"],
        "instructions_email": None,
        "metadata": row["metadata"],
        "next_action": None,
        "payment_intent": row["payment_id"],
        "payment_method": row["payment_method_id"],
        "pending_reason": row["pending_reason"],
        "presentment_details": None,
        "reason": row["reason"],
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": row["status"],
        "transfer_reversal": None,
    }
