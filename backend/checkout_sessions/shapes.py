"""The public checkout session; pure. Source: the Session type of the official SDKs at 2026-10-28.endive.

A row is the database row as JSON.
"""

from collections.abc import Mapping
from typing import Any

from backend.catalog.shapes import LESS, LIABILITY
from backend.checkout_pages.shapes import ASKS
from backend.objects import (
    METADATA,
    Kind,
    always,
    anything,
    asked,
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
    when,
)

Row = dict[str, Any]

_NOT_YET = (
    "adaptive_pricing", "after_expiration", "client_secret", "currency_conversion", "customer_account",
    "integration_identifier", "invoice_creation", "managed_payments", "optional_items", "origin_context",
    "payment_method_configuration_details", "permissions", "recovered_from", "saved_payment_method_options",
    "wallet_options")
_NOT_ASKED = ("branding_settings", "excluded_payment_method_types", "name_collection", "presentment_details",
              "redirect_on_completion", "return_url", "tax_id_collection")
"""What the official type leaves out where nobody asked for it."""
_TYPES = always(list_of(enum("card")), ["card"])
_OPTIONS: Mapping[str, Kind] = {"card": hash_of({"request_three_d_secure": enum("any", "automatic", "challenge")})}
_ADDRESS = hash_of(dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"), null(string)))
SESSION = table("checkout.session", "One purchase offered on a hosted page, paid at most once.", {
    **dict.fromkeys(_NOT_YET, null(anything)),
    **dict.fromkeys(_NOT_ASKED, when(anything)),
    **ASKS,
    "allow_promotion_codes": null(boolean),
    "allowed_payment_method_types": _TYPES,
    "amount_subtotal": null(integer),
    "amount_total": null(integer),
    "automatic_tax": always(hash_of({
        "enabled": boolean, "liability": null(LIABILITY), **dict.fromkeys(("provider", "status"), null(anything))}),
        {"enabled": False}),
    "billing_address_collection": null(enum("auto", "required")),
    "cancel_url": null(string),
    "client_reference_id": null(string),
    "collected_information": null(hash_of({
        **dict.fromkeys(("business_name", "individual_name"), null(string)),
        "shipping_details": null(hash_of({"address": _ADDRESS, "name": string}))})),
    "consent": null(hash_of({"promotions": null(enum("opt_in", "opt_out")),
                             "terms_of_service": null(enum("accepted"))})),
    "created": of("created_at", time),
    "currency": null(string),
    "customer": of("customer_id", null(expandable("customer"))),
    "customer_creation": null(enum("always", "if_required")),
    "customer_details": null(hash_of({
        "address": null(_ADDRESS),
        **dict.fromkeys(("business_name", "email", "individual_name", "name", "phone"), null(string)),
        "tax_exempt": null(enum("exempt", "none", "reverse")), "tax_ids": list_of(anything)})),
    "customer_email": null(string),
    "discounts": list_of(hash_of({"coupon": null(expandable("coupon")),
                                  "promotion_code": null(expandable("promotion_code"))})),
    "expires_at": time,
    "invoice": null(expandable("invoice")),
    "line_items": sub_list("item"),
    "livemode": boolean,
    "locale": null(string),
    "metadata": METADATA,
    "mode": enum("payment", "setup"),
    "payment_intent": of("payment_id", null(expandable("payment_intent"))),
    "payment_link": of("payment_link_id", null(expandable("payment_link"))),
    "payment_method_collection": always(enum("always", "if_required"), "if_required"),
    "payment_method_options": always(hash_of(_OPTIONS), {"card": {"request_three_d_secure": "automatic"}}),
    "payment_method_types": _TYPES,
    "payment_status": enum("no_payment_required", "paid", "unpaid"),
    "setup_intent": of("setup_intent_id", null(expandable("setup_intent"))),
    "subscription": null(expandable("subscription")),
    "shipping_cost": null(hash_of({**dict.fromkeys(("amount_subtotal", "amount_tax", "amount_total"), integer),
                                   "shipping_rate": null(expandable("shipping_rate"))})),
    "status": enum("complete", "expired", "open"),
    "submit_type": null(enum("auto", "book", "donate", "pay")),
    "success_url": null(string),
    "total_details": null(hash_of({
        **dict.fromkeys(("amount_discount", "amount_shipping", "amount_tax"), integer),
        "breakdown": asked(hash_of({"discounts": list_of(LESS), "taxes": list_of(anything)}))})),
    "ui_mode": enum("hosted_page"),
    "url": null(string),
})


def session(row: Row, *, livemode: bool, pay_base: str) -> dict[str, Any]:
    """The Checkout Session object; `url` only while it can be paid."""
    email, off, shipping = row["customer_email"], row.get("amount_discount") or 0, row.get("amount_shipping") or 0
    asks, collected = row.get("asks") or {}, row.get("collected") or {}
    return SESSION.render(
        {**row, **asks}, livemode=livemode,
        amount_subtotal=None if row["amount_total"] is None else row["amount_total"] + off - shipping,
        collected_information=_collected(asks, collected), consent=collected.get("consent"),
        custom_fields=[_answered(field, collected) for field in asks.get("custom_fields") or ()],
        customer_creation=None if row["customer_id"] else row.get("customer_creation") or "if_required",
        customer_details=row["customer_details"] or (_details(email) if email else None),
        discounts=[row["discount"]] if row.get("discount") else [],
        shipping_cost=_cost(row["shipping_rate_id"], shipping) if row.get("shipping_rate_id") else None,
        total_details=None if row["amount_total"] is None else {
            "amount_discount": off, "amount_shipping": shipping, "amount_tax": 0},
        url=f"{pay_base}/c/{row['id']}" if row["status"] == "open" else None)


def _answered(field: Row, collected: Row) -> Row:
    """A custom field with what the shopper put into it."""
    kind = field["type"]
    return {**field, kind: {**field[kind], "value": (collected.get("custom_fields") or {}).get(field["key"])}}


def _collected(asks: Row, collected: Row) -> Row | None:
    if not asks.get("shipping_address_collection"):
        return None
    return {"business_name": None, "individual_name": None, "shipping_details": collected.get("shipping_details")}


def _cost(rate: str, amount: int) -> Row:
    return {"amount_subtotal": amount, "amount_tax": 0, "amount_total": amount, "shipping_rate": rate}


def details(buyer: Row) -> dict[str, Any]:
    """`customer_details` from what the buyer typed: email, name, phone, country, postal_code, line1, line2, city,
    state."""
    def said(name: str, longest: int = 200) -> str | None:
        return str(buyer.get(name) or "").strip()[:longest] or None

    found = _details(said("email", 512))
    found["name"] = found["individual_name"] = said("name")
    found["phone"] = said("phone")
    found["address"] = {name: said(name) for name in ("city", "country", "line1", "line2", "postal_code", "state")}
    return found


def _details(email: str | None) -> dict[str, Any]:
    return {"address": None, "business_name": None, "email": email, "individual_name": None, "name": None,
            "phone": None, "tax_exempt": "none", "tax_ids": []}
