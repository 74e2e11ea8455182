"""The tables of customers and payment methods, and what their statements change."""

from typing import ClassVar

from backend import rows
from backend.rows import Json, Row, Time


class Customer(Row):
    """A person or company that pays the merchant."""

    table: ClassVar = "pay.customer"
    env: int
    id: str
    email: str | None
    name: str | None
    phone: str | None
    description: str | None
    address: Json | None
    shipping: Json | None
    metadata: Json
    preferred_locales: list[str]
    created_at: Time
    deleted_at: Time | None
    tax_exempt: str | None
    invoice_settings: Json | None
    invoice_prefix: str | None
    next_invoice_sequence: int | None
    balance: int | None
    balance_changes: int | None = None
    currency: str | None
    default_source: str | None


CUSTOMER_CHANGES = (
    "email", "name", "phone", "description", "address", "shipping", "metadata", "preferred_locales", "deleted_at",
    "tax_exempt", "invoice_settings", "invoice_prefix", "next_invoice_sequence", "balance", "balance_changes",
    "currency", "default_source")


class Method(Row):
    """The public facts of a card or a bank account whose number lies in the vault."""

    table: ClassVar = "pay.payment_method"
    env: int
    id: str
    customer_id: str | None
    type: str
    card: Json | None
    billing_details: Json
    metadata: Json
    allow_redisplay: str
    created_at: Time
    detached_at: Time | None
    set_up: str | None
    bank: Json | None
    used_at: Time | None


METHOD_CHANGES = ("customer_id", "card", "detached_at", "allow_redisplay", "set_up", "billing_details", "metadata")

CUSTOMER, CUSTOMER_CHANGE = rows.whole(Customer), rows.some(Customer, CUSTOMER_CHANGES)
METHOD, METHOD_CHANGE = rows.whole(Method), rows.some(Method, METHOD_CHANGES)
