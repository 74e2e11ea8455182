"""Row -> public JSON of customers and payment methods; pure. Source: the official SDKs' types at 2026-10-28.endive."""

from typing import Any

from backend.clock import unix

Row = dict[str, Any]
_BILLING: Row = {"address": {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None,
                             "state": None}, "email": None, "name": None, "phone": None, "tax_id": None}


def customer(row: Row, *, livemode: bool) -> dict[str, Any]:
    """The Customer object, or the stub of one that was deleted."""
    if row.get("deleted_at"):
        return {"id": row["id"], "object": "customer", "deleted": True}
    return {
        "id": row["id"], "object": "customer", "address": row["address"], "balance": 0,
        "created": unix(row["created_at"]), "currency": None, "customer_account": None, "default_source": None,
        "delinquent": False, "description": row["description"], "discount": None, "email": row["email"],
        "invoice_prefix": row["id"][-8:].upper(),
        "invoice_settings": {"custom_fields": None, "default_payment_method": None, "footer": None,
                             "rendering_options": None},
        "livemode": livemode, "metadata": row["metadata"], "name": row["name"], "next_invoice_sequence": 1,
        "phone": row["phone"], "preferred_locales": row["preferred_locales"], "shipping": row["shipping"],
        "tax_exempt": "none", "test_clock": None,
    }


def billing(details: Row | None) -> dict[str, Any]:
    """Billing details with every field present."""
    given = details or {}
    address = {**_BILLING["address"], **(given.get("address") or {})}
    return {**_BILLING, **{name: value for name, value in given.items() if name in _BILLING}, "address": address}


def card_details(card: Row, checks: Row | None = None) -> dict[str, Any]:
    """The `card` hash of a PaymentMethod."""
    networks = card.get("networks")
    return {
        "brand": card["brand"],
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "unchecked",
                   **(checks or {})},
        "country": card["country"], "display_brand": card.get("display_brand") or card["brand"],
        "exp_month": card["exp_month"], "exp_year": card["exp_year"], "fingerprint": card["fingerprint"],
        "funding": card["funding"], "generated_from": None, "last4": card["last4"],
        "networks": networks if isinstance(networks, dict) else
        {"available": networks or [card["brand"]], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": card.get("three_ds", "not_enrolled") != "not_supported"},
        "wallet": None,
    }


def payment_method(row: Row, *, livemode: bool) -> dict[str, Any]:
    """The PaymentMethod object."""
    return {
        "id": row["id"], "object": "payment_method", "allow_redisplay": row["allow_redisplay"],
        "billing_details": billing(row["billing_details"]), "card": card_details(row["card"]),
        "created": unix(row["created_at"]), "customer": row["customer_id"], "customer_account": None,
        "livemode": livemode, "metadata": row["metadata"], "radar_options": {}, "type": row["type"],
    }
