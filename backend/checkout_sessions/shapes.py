"""Row -> public JSON of checkout sessions and their line items; pure.

A row is the database row as JSON. Source: the Checkout Session type of the official SDKs at 2026-10-28.endive.
"""

from typing import Any

from backend.clock import unix

Row = dict[str, Any]

_NOT_YET = (
    "adaptive_pricing", "after_expiration", "allow_promotion_codes", "branding_settings", "client_secret",
    "collected_information", "consent", "consent_collection", "currency_conversion", "customer_account",
    "excluded_payment_method_types", "integration_identifier", "invoice", "invoice_creation", "managed_payments",
    "name_collection", "optional_items", "origin_context", "payment_link", "payment_method_configuration_details",
    "permissions", "presentment_details", "recovered_from", "redirect_on_completion", "return_url",
    "saved_payment_method_options", "setup_intent", "shipping_address_collection", "shipping_cost", "subscription",
    "tax_id_collection", "wallet_options")


def session(row: Row, *, livemode: bool, pay_base: str) -> dict[str, Any]:
    """The Checkout Session object; `url` only while it can be paid."""
    email = row["customer_email"]
    return {
        **dict.fromkeys(_NOT_YET),
        "id": row["id"],
        "object": "checkout.session",
        "allowed_payment_method_types": ["card"],
        "amount_subtotal": row["amount_total"],
        "amount_total": row["amount_total"],
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": row["billing_address_collection"],
        "cancel_url": row["cancel_url"],
        "client_reference_id": row["client_reference_id"],
        "created": unix(row["created_at"]),
        "currency": row["currency"],
        "custom_fields": [],
        "custom_text": {"after_submit": None, "shipping_address": None, "submit": None,
                        "terms_of_service_acceptance": None},
        "customer": row["customer_id"],
        "customer_creation": None if row["customer_id"] else "if_required",
        "customer_details": row["customer_details"] or (_details(email) if email else None),
        "customer_email": email,
        "discounts": [],
        "expires_at": unix(row["expires_at"]),
        "livemode": livemode,
        "locale": row["locale"],
        "metadata": row["metadata"],
        "mode": row["mode"],
        "payment_intent": row["payment_id"],
        "payment_method_collection": "if_required",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": row["payment_status"],
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": row["status"],
        "submit_type": row["submit_type"],
        "success_url": row["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": row["ui_mode"],
        "url": f"{pay_base}/c/{row['id']}" if row["status"] == "open" else None,
    }


def details(buyer: Row) -> dict[str, Any]:
    """`customer_details` from what the buyer typed: email, name, country, postal_code, line1, line2, city, state."""
    def said(name: str, longest: int = 200) -> str | None:
        return str(buyer.get(name) or "").strip()[:longest] or None

    found = _details(said("email", 512))
    found["name"] = found["individual_name"] = said("name")
    found["address"] = {name: said(name) for name in ("city", "country", "line1", "line2", "postal_code", "state")}
    return found


def _details(email: str | None) -> dict[str, Any]:
    return {"address": None, "business_name": None, "email": email, "individual_name": None, "name": None,
            "phone": None, "tax_exempt": "none", "tax_ids": []}


def line_item(row: Row, *, livemode: bool) -> dict[str, Any]:
    """One line item with the price that was made for it."""
    amount, created = row["unit_amount"], unix(row["created_at"])
    return {
        "id": row["id"],
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": row["amount_total"],
        "amount_tax": 0,
        "amount_total": row["amount_total"],
        "currency": row["currency"],
        "description": row["name"],
        "metadata": {},
        "price": {
            "id": row["price_id"], "object": "price", "active": False, "billing_scheme": "per_unit",
            "created": created, "currency": row["currency"], "custom_unit_amount": None, "livemode": livemode,
            "lookup_key": None, "metadata": {}, "nickname": None, "product": row["product_id"], "recurring": None,
            "tax_behavior": "unspecified", "tiers_mode": None, "transform_quantity": None, "type": "one_time",
            "unit_amount": amount, "unit_amount_decimal": str(amount)},
        "quantity": row["quantity"],
    }
