"""How the portal names statuses and events: one table each, with the tone of its badge."""

from collections.abc import Mapping, Sequence
from typing import Any

STATUS = {
    "succeeded": ("Succeeded", "good"), "processing": ("Checking", "wait"),
    "requires_capture": ("Uncaptured", "copper"),
    "requires_action": ("Needs action", "warn"), "requires_payment_method": ("Incomplete", ""),
    "requires_confirmation": ("Incomplete", ""), "canceled": ("Canceled", ""), "failed": ("Failed", "bad"),
    "approved": ("Approved", "good"), "declined": ("Declined", "bad"), "sent": ("Sent", "wait"),
    "unknown": ("Unknown", "warn"), "manual": ("Needs a look", "warn"), "reversed": ("Reversed", ""),
    "disputed": ("Disputed", "bad"), "refunded": ("Refunded", "copper"),
    "partially_refunded": ("Partly refunded", "copper"), "partially_captured": ("Partly captured", "good"),
    "needs_response": ("Needs a response", "bad"), "under_review": ("With the bank", "wait"),
    "warning_needs_response": ("Inquiry needs a response", "warn"), "warning_under_review": ("With the bank", "wait"),
    "won": ("Won", "good"), "lost": ("Lost", "bad"), "warning_closed": ("Inquiry closed", ""),
    "open": ("Open", "wait"), "complete": ("Complete", "good"), "expired": ("Expired", ""),
    "failing": ("Failing", "bad"), "shaky": ("Some deliveries fail", "warn"), "quiet": ("Nothing sent yet", ""),
    "blocked": ("Not allowed", "bad"),
    "pending": ("Pending", "wait"), "enabled": ("Enabled", "good"), "disabled": ("Disabled", ""),
}
FILTERS = (("", "All"), ("succeeded", "Succeeded"), ("requires_capture", "Uncaptured"), ("processing", "Checking"),
           ("disputed", "Disputed"), ("refunded", "Refunded"), ("partially_refunded", "Partly refunded"),
           ("partially_captured", "Partly captured"), ("failed", "Failed"), ("requires_action", "Needs action"),
           ("requires_payment_method", "Incomplete"), ("canceled", "Canceled"))
EVENTS = {
    "payment_intent.created": ("Payment started", ""), "payment_intent.succeeded": ("Payment succeeded", "good"),
    "payment_intent.payment_failed": ("Payment attempt failed", "bad"),
    "payment_intent.requires_action": ("Asked the customer to confirm with the bank", "warn"),
    "payment_intent.processing": ("Waiting for the bank", "wait"),
    "payment_intent.amount_capturable_updated": ("Authorised, waiting for capture", "copper"),
    "payment_intent.canceled": ("Payment canceled", ""), "charge.succeeded": ("Charge succeeded", "good"),
    "charge.failed": ("Charge declined", "bad"), "charge.captured": ("Charge captured", "good"),
    "charge.expired": ("Authorisation released", ""), "charge.pending": ("Charge pending", "wait"),
    "charge.refunded": ("Charge refunded", "copper"), "refund.created": ("Refund started", ""),
    "refund.updated": ("Refund updated", ""), "refund.failed": ("Refund failed", "bad"),
    "charge.dispute.created": ("The customer’s bank disputes it", "bad"),
    "charge.dispute.updated": ("Dispute updated", "warn"), "charge.dispute.closed": ("Dispute closed", ""),
    "radar.early_fraud_warning.created": ("The bank warns of fraud", "warn"),
    "checkout.session.completed": ("Checkout completed", "good"), "checkout.session.expired": ("Checkout expired", ""),
}
DISPUTES = {"fraudulent": "the cardholder says that it was fraud", "product_not_received": "nothing arrived",
            "noncompliant": "the network’s rules were not kept", "debit_not_authorized": "the debit was not authorised"}
PENDING = {"insufficient_funds": "waits until the balance suffices",
           "processing": "the card network has not confirmed it"}
FAILURES = {"expired_or_canceled_card": "the card is expired or canceled", "declined": "the bank refused it",
            "lost_or_stolen_card": "the card was lost or stolen", "unknown": "it did not reach the bank"}
KINDS = {"authorize": "Authorise", "sale": "Authorise and capture", "capture": "Capture", "void": "Void",
         "refund": "Refund", "increment": "Increase"}
BRANDS = {"us_bank_account": "Bank account", "sepa_debit": "SEPA account",
          "visa": "Visa", "mastercard": "Mastercard", "amex": "Amex", "discover": "Discover", "diners": "Diners Club",
          "jcb": "JCB", "unionpay": "UnionPay", "eftpos_au": "eftpos"}


def status(name: str) -> tuple[str, str]:
    """(words, tone) of a status."""
    return STATUS.get(name, (name.replace("_", " ").capitalize(), ""))


def mail(one: Mapping[str, Any]) -> tuple[str, str]:
    """(words, tone) of how a mail stands."""
    if one["status"] == "waiting":
        return ("Put off, tried again", "warn") if one["attempts"] else ("On its way", "wait")
    return ("Sent", "good") if one["status"] == "sent" else ("Not delivered", "bad")


def event(type: str) -> tuple[str, str]:
    """(words, tone) of an event; an unknown one is shown by its own name."""
    return EVENTS.get(type, (type, ""))


def listed(words: Sequence[str], last: str) -> str:
    """`a, b or c`."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
