"""The public checkout session; pure. Source: the Session type of the official SDKs at 2026-10-28.endive.

A row is the database row as JSON.
"""

from collections.abc import Mapping
from typing import Any

from backend.objects import (
    METADATA,
    Kind,
    always,
    anything,
    boolean,
    enum,
    expandable,
    hash_of,
    integer,
    list_of,
    null,
    of,
    string,
    sub_list,
    table,
    time,
)

Row = dict[str, Any]

_NOT_YET = (
    "adaptive_pricing", "after_expiration", "allow_promotion_codes", "branding_settings", "client_secret",
    "collected_information", "consent", "consent_collection", "currency_conversion", "customer_account",
    "excluded_payment_method_types", "integration_identifier", "invoice", "invoice_creation", "managed_payments",
    "name_collection", "optional_items", "origin_context", "payment_method_configuration_details",
    "permissions", "presentment_details", "recovered_from", "redirect_on_completion", "return_url",
    "saved_payment_method_options", "setup_intent", "shipping_address_collection", "shipping_cost", "subscription",
    "tax_id_collection", "wallet_options")
_TEXTS = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
_TYPES = always(list_of(enum("card")), ["card"])
_OPTIONS: Mapping[str, Kind] = {"card": hash_of({"request_three_d_secure": enum("any", "automatic", "challenge")})}
SESSION = table("checkout.session", "One purchase offered on a hosted page, paid at most once.", {
    **dict.fromkeys(_NOT_YET, null(anything)),
    "allowed_payment_method_types": _TYPES,
    "amount_subtotal": integer,
    "amount_total": integer,
    "automatic_tax": always(hash_of({"enabled": boolean, **dict.fromkeys(("liability", "provider", "status"),
                                                                         null(anything))}), {"enabled": False}),
    "billing_address_collection": null(enum("auto", "required")),
    "cancel_url": null(string),
    "client_reference_id": null(string),
    "created": of("created_at", time),
    "currency": string,
    "custom_fields": always(list_of(anything), []),
    "custom_text": always(hash_of({name: null(anything) for name in _TEXTS}), {}),
    "customer": of("customer_id", null(expandable("customer"))),
    "customer_creation": null(enum("always", "if_required")),
    "customer_details": null(hash_of({
        "address": null(hash_of(dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"),
                                              null(string)))),
        **dict.fromkeys(("business_name", "email", "individual_name", "name", "phone"), null(string)),
        "tax_exempt": null(enum("exempt", "none", "reverse")), "tax_ids": list_of(anything)})),
    "customer_email": null(string),
    "discounts": list_of(hash_of({"coupon": null(expandable("coupon")),
                                  "promotion_code": null(expandable("promotion_code"))})),
    "expires_at": time,
    "line_items": sub_list("item"),
    "livemode": boolean,
    "locale": null(string),
    "metadata": METADATA,
    "mode": enum("payment"),
    "payment_intent": of("payment_id", null(expandable("payment_intent"))),
    "payment_link": of("payment_link_id", null(expandable("payment_link"))),
    "payment_method_collection": always(enum("always", "if_required"), "if_required"),
    "payment_method_options": always(hash_of(_OPTIONS), {"card": {"request_three_d_secure": "automatic"}}),
    "payment_method_types": _TYPES,
    "payment_status": enum("no_payment_required", "paid", "unpaid"),
    "phone_number_collection": always(hash_of({"enabled": boolean}), {"enabled": False}),
    "shipping_options": always(list_of(anything), []),
    "status": enum("complete", "expired", "open"),
    "submit_type": null(enum("auto", "book", "donate", "pay")),
    "success_url": null(string),
    "total_details": hash_of(dict.fromkeys(("amount_discount", "amount_shipping", "amount_tax"), integer)),
    "ui_mode": enum("hosted_page"),
    "url": null(string),
})


def session(row: Row, *, livemode: bool, pay_base: str) -> dict[str, Any]:
    """The Checkout Session object; `url` only while it can be paid."""
    email, off = row["customer_email"], row.get("amount_discount") or 0
    return SESSION.render(
        row, livemode=livemode, amount_subtotal=row["amount_total"] + off,
        customer_creation=None if row["customer_id"] else row.get("customer_creation") or "if_required",
        customer_details=row["customer_details"] or (_details(email) if email else None),
        discounts=[row["discount"]] if row.get("discount") else [],
        total_details={"amount_discount": off, "amount_shipping": 0, "amount_tax": 0},
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
