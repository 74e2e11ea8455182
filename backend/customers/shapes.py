"""The public objects of customers and payment methods; pure. Source: the official SDKs' types at 2026-10-28.endive."""

from typing import Any

from backend.customers.tax_id_types import TYPES
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

Row = dict[str, Any]

ADDRESS = hash_of({name: null(string) for name in ("city", "country", "line1", "line2", "postal_code", "state")})
SHIPPING = hash_of({"address": when(ADDRESS), "carrier": null(string), "name": when(string), "phone": null(string),
                    "tracking_number": null(string)})
BILLING = hash_of({"address": null(ADDRESS), "email": null(string), "name": null(string), "phone": null(string),
                   "tax_id": null(string)})

CUSTOMER = table("customer", "A person or company that pays the merchant.", {
    "address": null(ADDRESS),
    "balance": always(integer, 0),
    "cash_balance": null(nested("cash_balance")),
    "created": of("created_at", time),
    "currency": null(string),
    "customer_account": null(string),
    "default_source": null(expandable("card", "bank_account", "account")),
    "delinquent": always(boolean, False),
    "description": null(string),
    "discount": null(nested("discount")),
    "email": null(string),
    "invoice_prefix": null(string),
    "invoice_settings": hash_of({
        "custom_fields": null(list_of(hash_of({"name": string, "value": string}))),
        "default_payment_method": null(expandable("payment_method")),
        "footer": null(string),
        "rendering_options": null(hash_of({"amount_tax_display": null(string), "template": null(string)})),
    }),
    "livemode": boolean,
    "metadata": METADATA,
    "name": null(string),
    "next_invoice_sequence": always(integer, 1),
    "phone": null(string),
    "preferred_locales": list_of(string),
    "shipping": null(SHIPPING),
    "sources": sub_list("card"),
    "subscriptions": asked(anything),
    "tax": asked(anything),
    "tax_exempt": always(enum("exempt", "none", "reverse"), "none"),
    "tax_ids": sub_list("tax_id"),
    "test_clock": null(expandable("test_helpers.test_clock")),
})

_CARD_CHECKS = hash_of({"address_line1_check": null(string), "address_postal_code_check": null(string),
                        "cvc_check": null(string)})
CARD_DETAILS = hash_of({
    "brand": string,
    "checks": null(_CARD_CHECKS),
    "country": null(string),
    "display_brand": null(string),
    "exp_month": integer,
    "exp_year": integer,
    "fingerprint": null(string),
    "funding": string,
    "generated_from": null(hash_of({"charge": null(string), "setup_attempt": null(expandable("setup_attempt"))})),
    "last4": string,
    "networks": null(hash_of({"available": list_of(string), "preferred": null(string)})),
    "regulated_status": null(enum("regulated", "unregulated")),
    "three_d_secure_usage": null(hash_of({"supported": boolean})),
    "wallet": null(hash_of({"dynamic_last4": null(string), "type": string})),
})
US_BANK_ACCOUNT = hash_of({
    "account_holder_type": null(enum("company", "individual")), "account_type": null(enum("checking", "savings")),
    "bank_name": null(string), "financial_connections_account": null(string), "fingerprint": null(string),
    "last4": null(string),
    "networks": null(hash_of({"preferred": null(string), "supported": list_of(enum("ach", "us_domestic_wire"))})),
    "routing_number": null(string), "status_details": null(anything),
})
SEPA_DEBIT = hash_of({
    "bank_code": null(string), "branch_code": null(string), "country": null(string), "fingerprint": null(string),
    "generated_from": null(hash_of({
        "charge": null(expandable("charge")), "setup_attempt": null(expandable("setup_attempt"))})),
    "last4": null(string),
})
PAYMENT_METHOD = table("payment_method", "How a customer pays: a card or a bank account, by reference.", {
    "allow_redisplay": when(enum("always", "limited", "unspecified")),
    "billing_details": BILLING,
    "card": when(CARD_DETAILS),
    "created": of("created_at", time),
    "customer": of("customer_id", null(expandable("customer"))),
    "customer_account": null(string),
    "livemode": boolean,
    "metadata": METADATA,
    "radar_options": when(map_of(string)),
    "sepa_debit": when(SEPA_DEBIT),
    "type": enum("card", "sepa_debit", "us_bank_account"),
    "us_bank_account": when(US_BANK_ACCOUNT),
})
TAX_ID = table("tax_id", "A number by which a tax office knows a customer.", {
    "country": null(string),
    "created": of("created_at", time),
    "customer": null(expandable("customer")),
    "customer_account": null(string),
    "livemode": boolean,
    "owner": null(hash_of({"account": when(expandable("account")),
                           "application": when(expandable("application")),
                           "customer": when(expandable("customer")), "customer_account": null(string),
                           "type": enum("account", "application", "customer", "self")})),
    "type": enum(*TYPES),
    "value": string,
    "verification": null(hash_of({"status": enum("pending", "unavailable", "unverified", "verified"),
                                  "verified_address": null(string), "verified_name": null(string)})),
})
BALANCE_TRANSACTION = table("customer_balance_transaction", "One change of what a customer owes or is owed.", {
    "amount": integer,
    "checkout_session": null(expandable("checkout.session")),
    "created": of("created_at", time),
    "credit_note": null(expandable("credit_note")),
    "currency": string,
    "customer": expandable("customer"),
    "customer_account": null(string),
    "description": null(string),
    "ending_balance": integer,
    "invoice": null(expandable("invoice")),
    "livemode": boolean,
    "metadata": METADATA,
    "type": enum("adjustment", "applied_to_invoice", "checkout_session_subscription_payment",
                 "checkout_session_subscription_payment_canceled", "credit_note", "initial", "invoice_overpaid",
                 "invoice_too_large", "invoice_too_small", "migration", "unapplied_from_invoice",
                 "unspent_receiver_credit"),
})


def customer(row: Row, *, livemode: bool) -> dict[str, Any]:
    """The Customer object, or the stub of one that was deleted."""
    if row.get("deleted_at"):
        return {"id": row["id"], "object": "customer", "deleted": True}
    return CUSTOMER.render(row, livemode=livemode, invoice_settings=row.get("invoice_settings") or {},
                           invoice_prefix=row.get("invoice_prefix") or row["id"][-8:].upper())


def billing(details: Row | None) -> dict[str, Any]:
    """Billing details with every field present."""
    shape: dict[str, Any] = BILLING.public({**(details or {}), "address": (details or {}).get("address") or {}})
    return shape


def card_details(card: Row, checks: Row | None = None) -> dict[str, Any]:
    """The `card` hash of a PaymentMethod."""
    networks = card.get("networks")
    shape: dict[str, Any] = CARD_DETAILS.public(card | {
        "checks": {"cvc_check": "unchecked", **(checks or {})},
        "display_brand": card.get("display_brand") or card["brand"],
        "networks": networks if isinstance(networks, dict) else {"available": networks or [card["brand"]]},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": card.get("three_ds", "not_enrolled") != "not_supported"}})
    return shape


def payment_method(row: Row, *, livemode: bool) -> dict[str, Any]:
    """The PaymentMethod object."""
    return PAYMENT_METHOD.render(row, livemode=livemode, billing_details=billing(row["billing_details"]),
                                 radar_options={}, **of_type(row))


def of_type(row: Row) -> dict[str, Any]:
    """The hash that is named like the method's type: of a card or of a bank account."""
    if row["type"] == "card":
        return {"card": card_details(row["card"])}
    if row["type"] == "sepa_debit":
        return {"sepa_debit": SEPA_DEBIT.public(row["bank"] | {"generated_from": {}})}
    networks = {"preferred": "ach", "supported": ["ach"]}
    return {"us_bank_account": US_BANK_ACCOUNT.public(row["bank"] | {"networks": networks})}
