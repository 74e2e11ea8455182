"""Row -> public JSON of checkout sessions and their line items; pure.

A row is the database row as JSON. Source: the Checkout Session type of the official SDKs at 2026-10-28.endive.
"""

from typing import Any

from backend.clock import unix
from backend.customers.shapes import ADDRESS
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
    sub_list,
    table,
    time,
    when,
)

Row = dict[str, Any]

_DETAILS = hash_of({
    "address": null(ADDRESS), "business_name": null(string), "email": null(string), "individual_name": null(string),
    "name": null(string), "phone": null(string), "tax_exempt": null(enum("exempt", "none", "reverse")),
    "tax_ids": null(list_of(hash_of({"type": string, "value": null(string)}))),
})
_TEXT = null(hash_of({"message": string}))
SESSION = table("checkout.session", "A page on which a shopper pays, and what became of it.", {
    "adaptive_pricing": null(hash_of({"enabled": boolean})),
    "after_expiration": null(anything),
    "allow_promotion_codes": null(boolean),
    "allowed_payment_method_types": null(list_of(string)),
    "amount_subtotal": null(integer),
    "amount_total": null(integer),
    "automatic_tax": hash_of({"enabled": always(boolean, False), "liability": null(anything), "provider": null(string),
                              "status": null(enum("complete", "failed", "requires_location_inputs"))}),
    "billing_address_collection": null(enum("auto", "required")),
    "branding_settings": null(anything),
    "cancel_url": null(string),
    "client_reference_id": null(string),
    "client_secret": null(string),
    "collected_information": null(anything),
    "consent": null(anything),
    "consent_collection": null(anything),
    "created": of("created_at", time),
    "currency": null(string),
    "currency_conversion": null(anything),
    "custom_fields": list_of(anything),
    "custom_text": hash_of({"after_submit": _TEXT, "shipping_address": _TEXT, "submit": _TEXT,
                            "terms_of_service_acceptance": _TEXT}),
    "customer": of("customer_id", null(expandable("customer"))),
    "customer_account": null(string),
    "customer_creation": null(enum("always", "if_required")),
    "customer_details": null(_DETAILS),
    "customer_email": null(string),
    "discounts": null(list_of(anything)),
    "excluded_payment_method_types": null(list_of(string)),
    "expires_at": time,
    "integration_identifier": null(string),
    "invoice": null(string),
    "invoice_creation": null(anything),
    "line_items": sub_list("item"),
    "livemode": boolean,
    "locale": null(string),
    "managed_payments": null(anything),
    "metadata": null(METADATA),
    "mode": enum("payment", "setup", "subscription"),
    "name_collection": null(anything),
    "optional_items": null(list_of(anything)),
    "origin_context": null(enum("mobile_app", "web")),
    "payment_intent": of("payment_id", null(expandable("payment_intent"))),
    "payment_link": null(expandable("payment_link")),
    "payment_method_collection": null(enum("always", "if_required")),
    "payment_method_configuration_details": null(anything),
    "payment_method_options": null(hash_of({
        "card": when(hash_of({"request_three_d_secure": enum("any", "automatic", "challenge")}))})),
    "payment_method_types": list_of(string),
    "payment_status": enum("no_payment_required", "paid", "unpaid"),
    "permissions": null(anything),
    "phone_number_collection": null(hash_of({"enabled": boolean})),
    "presentment_details": null(anything),
    "recovered_from": null(string),
    "redirect_on_completion": null(enum("always", "if_required", "never")),
    "return_url": null(string),
    "saved_payment_method_options": null(anything),
    "setup_intent": null(expandable("setup_intent")),
    "shipping_address_collection": null(anything),
    "shipping_cost": null(anything),
    "shipping_options": list_of(anything),
    "status": null(enum("complete", "expired", "open")),
    "submit_type": null(enum("auto", "book", "donate", "pay", "subscribe")),
    "subscription": null(string),
    "success_url": null(string),
    "tax_id_collection": null(anything),
    "total_details": null(hash_of({"amount_discount": integer, "amount_shipping": null(integer), "amount_tax": integer,
                                   "breakdown": when(anything)})),
    "ui_mode": null(enum("elements", "embedded_page", "form", "hosted_page")),
    "url": null(string),
    "wallet_options": null(anything),
})
LINE_ITEM = table("item", "One thing that is sold in a checkout session, with its quantity.", {
    "adjustable_quantity": null(hash_of({"enabled": boolean, "maximum": null(integer), "minimum": null(integer)})),
    "amount_discount": always(integer, 0),
    "amount_subtotal": integer,
    "amount_tax": always(integer, 0),
    "amount_total": integer,
    "currency": string,
    "description": null(string),
    "discounts": when(list_of(anything)),
    "metadata": null(METADATA),
    "price": null(nested("price")),
    "quantity": null(integer),
    "taxes": when(list_of(anything)),
})


def session(row: Row, *, livemode: bool, pay_base: str) -> dict[str, Any]:
    """The Checkout Session object; `url` only while it can be paid."""
    email = row["customer_email"]
    return SESSION.render(
        row, livemode=livemode,
        allowed_payment_method_types=["card"], payment_method_types=["card"],
        amount_subtotal=row["amount_total"],
        automatic_tax={}, custom_text={},
        customer_creation=None if row["customer_id"] else "if_required",
        customer_details=row["customer_details"] or (_details(email) if email else None),
        discounts=[],
        payment_method_collection="if_required",
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        phone_number_collection={"enabled": False},
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        url=f"{pay_base}/c/{row['id']}" if row["status"] == "open" else None)


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
    amount = row["unit_amount"]
    return LINE_ITEM.render(row, amount_subtotal=row["amount_total"], description=row["name"], metadata={}, price={
        "id": row["price_id"], "object": "price", "active": False, "billing_scheme": "per_unit",
        "created": unix(row["created_at"]), "currency": row["currency"], "custom_unit_amount": None,
        "livemode": livemode, "lookup_key": None, "metadata": {}, "nickname": None, "product": row["product_id"],
        "recurring": None, "tax_behavior": "unspecified", "tiers_mode": None, "transform_quantity": None,
        "type": "one_time", "unit_amount": amount, "unit_amount_decimal": str(amount)})
