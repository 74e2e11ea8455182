"""Everything that receipts and notices say, in English and by its key, and in whichever languages have a catalogue.

Sentences are whole: nothing puts two of them together, for other languages have another order.
"""

from pathlib import Path
from typing import Any

from backend.languages import Domain, Language, Sentence

SENTENCES: dict[str, Sentence] = {
    "receipt": "Receipt", "receipt_from": "Receipt from {seller}", "refund_from": "Refund from {seller}",
    "subject": "Your receipt from {seller} [#{number}]", "refund_subject": "Your refund from {seller} [#{number}]",
    "test": "Test mode – no money moved.", "test_subject": "[Test] {subject}",
    "paid_on": "Paid on {date}", "refunded_on": "Refunded on {date}",
    "paid": "Paid", "partially_refunded": "Partially refunded", "refunded": "Refunded", "disputed": "Disputed",
    "lost": "Returned by your bank", "refund_succeeded": "Refund", "refund_pending": "Refund on its way",
    "partially_refunded_lead": "{back} of {amount} went back to you.",
    "refunded_lead": "All of it went back to you.",
    "disputed_lead": "You, or your bank, have questioned this payment, and the bank has not decided yet.",
    "lost_lead": "Your bank has taken this payment back for you.",
    "amount_paid": "Amount paid", "amount_refunded": "Amount refunded", "amount_kept": "Paid in the end",
    "date_paid": "Date paid", "date_refunded": "Date of the refund", "method": "Paid with", "back_to": "Goes back to",
    "number": "Receipt number", "reference": "Reference", "statement": "On your statement as",
    "summary": "Summary", "details": "Details", "refunds": "Refunds", "subtotal": "Subtotal", "discount": "Discount",
    "shipping": "Shipping", "total": "Total", "payment_to": "Payment to {seller}", "times": "{quantity} × {each}",
    "ending": "{brand} ending in {last4}", "bank_ending": "Bank account ending in {last4}", "bank": "Bank account",
    "card": "Card", "see": "See the receipt", "see_lead": "This receipt is kept up to date here:",
    "pdf": "Save as PDF", "print": "Print",
    "questions": "Questions? Write to {seller} at {contact}.", "questions_lone": "Questions? Ask {seller}.",
    "refund_lead": "It can take five to ten days until your bank shows it.",
    "footer": "You get this mail because this address was given for the receipt of a payment to {seller}.",
    "powered": "Powered by", "page": "Page {number} of {pages}",
    "disabled_subject": "We no longer send webhooks to {url}",
    "disabled_title": "A webhook endpoint was disabled",
    "disabled_failing": "{url} did not answer with a 2xx for three days, so nothing is sent there any more.",
    "disabled_gone": "{url} answered 410 Gone, so nothing is sent there any more.",
    "disabled_lead": "When it works again, enable it: events that happen from then on are sent. What happened "
                     "meanwhile can be read at /v1/events.",
    "disabled_see": "See the endpoint",
    "disabled_footer": "You get this mail because you are an owner of {account}.",
    "endpoint": "Endpoint", "mode": "Environment", "reason": "Reason", "failing": "No 2xx for three days",
    "gone": "410 Gone",
}
DOMAIN = Domain(Path(__file__).parent / "locales", "receipts", SENTENCES)
"""What receipts say. A folder `locales` with catalogues brings languages; there is none yet: all of it is English."""
BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover",
          "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay", "eftpos_au": "eftpos Australia"}


def method(say: Language, details: dict[str, Any] | None) -> str:
    """How it was paid: brand and last digits, never more."""
    told = details or {}
    kind = str(told.get("type") or "card")
    part = told.get(kind) or {}
    if kind == "card":
        brand = BRANDS.get(str(part.get("brand")), say.text("card"))
        return say.text("ending", brand=brand, last4=part["last4"]) if part.get("last4") else brand
    return say.text("bank_ending", last4=part["last4"]) if part.get("last4") else say.text("bank")
