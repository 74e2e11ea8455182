"""The tables of payments, what their statements change, and the document that `pay.payment_commit` takes."""

from typing import ClassVar

from backend import rows
from backend.due.rows import TIMER
from backend.events.rows import EVENT
from backend.exchanges.rows import ATTEMPT, SETTLED
from backend.ledger.rows import ENTRY
from backend.mail.rows import DRAFT
from backend.requests.rows import CLAIM, FINISH
from backend.resources.rows import document
from backend.risk.rows import COUNT
from backend.rows import Json, Row, Time


class Payment(Row):
    """A PaymentIntent."""

    table: ClassVar = "pay.payment"
    env: int
    id: str
    amount: int
    currency: str
    status: str
    step: int
    version: int
    captured: int
    refund_reserved: int
    amount_capturable: int
    capture_method: str
    confirmation_method: str
    client_secret: str
    customer_id: str | None
    payment_method_id: str | None
    latest_charge_id: str | None
    checkout_session_id: str | None
    description: str | None
    receipt_email: str | None
    statement_descriptor: str | None
    statement_descriptor_suffix: str | None
    setup_future_usage: str | None
    transfer_group: str | None
    return_url: str | None
    shipping: Json | None
    payment_method_types: list[str]
    automatic_payment_methods: Json | None
    payment_method_options: Json
    metadata: Json
    last_payment_error: Json | None
    next_action: Json | None
    last_attempt: Json | None
    actor: str | None
    request_id: str | None
    cancellation_reason: str | None
    canceled_at: Time | None
    created_at: Time
    shipping_actor_id: str | None = None
    """Kept by a trigger."""


PAYMENT_CHANGES = (
    "status", "amount", "currency", "captured", "amount_capturable", "capture_method", "customer_id",
    "payment_method_id", "latest_charge_id", "description", "receipt_email", "statement_descriptor",
    "statement_descriptor_suffix", "setup_future_usage", "transfer_group", "return_url", "shipping",
    "payment_method_types", "payment_method_options", "automatic_payment_methods", "metadata", "last_payment_error",
    "next_action", "last_attempt", "cancellation_reason", "canceled_at", "actor", "request_id")


class Charge(Row):
    """One try to take the money, as the merchant sees it."""

    table: ClassVar = "pay.charge"
    env: int
    id: str
    payment_id: str
    amount: int
    currency: str
    amount_captured: int
    amount_refunded: int
    status: str
    step: int
    captured: bool
    refunded: bool
    failure_code: str | None
    failure_message: str | None
    outcome: Json | None
    payment_method_details: Json | None
    billing_details: Json | None
    customer_id: str | None
    payment_method_id: str | None
    acquirer_ref: str | None
    authorization_code: str | None
    network_transaction_id: str | None
    actor: str | None
    request_id: str | None
    created_at: Time
    own: Json | None = None
    scenario: str | None
    disputed: bool | None = None
    receipt_number: str | None = None


CHARGE_CHANGES = (
    "status", "disputed", "amount", "captured", "amount_captured", "amount_refunded", "refunded", "failure_code",
    "failure_message", "outcome", "payment_method_details", "acquirer_ref", "authorization_code",
    "network_transaction_id", "actor", "request_id")


class Refund(Row):
    """Money of a charge on its way back, or what of a hold was given free."""

    table: ClassVar = "pay.refund"
    env: int
    id: str
    payment_id: str
    charge_id: str
    amount: int
    currency: str
    status: str
    step: int
    reason: str | None
    pending_reason: str | None
    failure_reason: str | None
    metadata: Json
    customer_id: str | None
    payment_method_id: str | None
    acquirer_ref: str | None
    actor: str | None
    request_id: str | None
    created_at: Time
    next_check_at: Time | None = None
    leased_until: Time | None = None
    method_type: str | None
    released: bool | None
    receipt_number: str | None = None


REFUND_CHANGES = ("status", "pending_reason", "failure_reason", "metadata", "acquirer_ref", "next_check_at", "actor",
                  "request_id")


class Authentication(Row):
    """A challenge of 3-D Secure."""

    table: ClassVar = "pay.authentication"
    env: int
    id: str
    payment_id: str
    payment_method_id: str
    status: str
    step: int = 0
    """Counted by a trigger."""
    three_ds_server_trans_id: str
    acs_transaction_id: str | None
    ds_transaction_id: str | None
    acs_url: str | None
    amount: int
    currency: str
    trans_status: str | None
    eci: str | None = None
    cavv: str | None = None
    return_url: str | None
    created_at: Time
    finished_at: Time | None = None
    brake: Json | None = None


AUTHENTICATION_ENDS = ("status", "trans_status", "eci", "cavv", "ds_transaction_id", "finished_at")


class Reserve(Row):
    """How much of a payment is to be refunded; a negative amount gives back."""

    id: str
    amount: int


WRITE = rows.Lists("pay.payment_commit", {
    "claims": CLAIM,
    "answers": FINISH,
    "releases": None,
    "inserts": rows.whole(Payment),
    "changes": rows.change(rows.some(Payment, PAYMENT_CHANGES), "id", "version"),
    "reserves": rows.whole(Reserve),
    "refunds": rows.whole(Refund),
    "refund_changes": rows.change(rows.some(Refund, REFUND_CHANGES), "id", "status"),
    "settles": SETTLED,
    "reverses": None,
    "attempts": ATTEMPT,
    "authentications": rows.whole(Authentication),
    "authentication_changes": rows.change(rows.some(Authentication, AUTHENTICATION_ENDS), "id"),
    "charges": rows.whole(Charge),
    "charge_changes": rows.change(rows.some(Charge, CHARGE_CHANGES), "id"),
    "disputes": document("pay.dispute"),
    "warnings": document("pay.early_fraud_warning"),
    "events": EVENT,
    "entries": ENTRY,
    "brakes": COUNT,
    "timers": TIMER,
    "mails": DRAFT,
})
"""Everything that one step of a payment may write."""
