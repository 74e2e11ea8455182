"""The sentences of the shopper's pages in the shopper's language, and which of them tells of a refusal."""

from pathlib import Path

from backend.errors import FarthingError
from backend.languages import ENGLISH, Domain, Language
from checkout.english import FIELDS, SENTENCES

DOMAIN = Domain(Path(__file__).parent / "locales", "checkout", SENTENCES)
"""What shoppers read, in every language that there is."""

OF_MODE = {"testmode_decline": "declined_test_only", "test_mode_live_card": "declined_test_only",
           "live_mode_test_card": "declined_live_only"}
DECLINES = OF_MODE | {
    "incorrect_cvc": "declined_wrong_cvc", "invalid_cvc": "declined_wrong_cvc",
    "incorrect_number": "declined_wrong_number", "invalid_number": "declined_wrong_number",
    "invalid_expiry_month": "invalid_expiry_month", "invalid_expiry_year": "invalid_expiry_year",
    "expired_card": "invalid_expiry_year_past", "card_not_supported": "declined_not_supported",
    "processing_error": "declined_processing_error", "authentication_required": "declined_check_needed",
    "payment_intent_authentication_failure": "declined_check_failed", "payment_in_progress": "declined_in_progress",
    "order_changed": "declined_order_changed", "session_closed": "declined_session_closed",
    "coupon_expired": "declined_discount_over", "card_decline_rate_limit_exceeded": "declined_many_declines",
    "payment_link_sold_out": "declined_place_taken", "token_invalid": "declined_page_old",
    "email_invalid": "invalid_email", "parameter_invalid_card_number": "card_elsewhere",
}
"""The sentence for each code of a refusal. The codes of single fields come from the vault, which looks at what was
typed before anybody is asked."""
OF_VAULT = ("invalid_number", "incorrect_number", "invalid_cvc", "invalid_expiry_month", "invalid_expiry_year",
            "email_invalid", "parameter_invalid_card_number", "token_invalid")
"""The codes with which the vault refuses what stands in the card's form."""

BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover",
                "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay", "eftpos_au": "eftpos Australia"}

FIELD_OF = {
    "incorrect_number": "cardNumber", "invalid_number": "cardNumber", "incomplete_number": "cardNumber",
    "expired_card": "cardExpiry", "invalid_expiry_month": "cardExpiry", "invalid_expiry_year": "cardExpiry",
    "incorrect_cvc": "cardCvc", "invalid_cvc": "cardCvc",
    "email_invalid": "email",
}
"""The input that a code belongs to, by its name in the DOM contract."""

_MOMENT_SECONDS, _MINUTES_UNTIL_SECONDS = 60, 90 * 60


def of(say: Language, mode: str, key: str) -> str:
    """The sentence for `key` on a page of this mode: without a payment some things are said otherwise."""
    own = f"{mode}_{key}"
    return say.sentence(own if own in SENTENCES else key)


def decline(say: Language, code: str | None) -> str:
    """What to tell a payer whose card was refused; one sentence for all that its bank may think."""
    return say.text(DECLINES.get(code or "", "declined_other_card"))


def fields(say: Language) -> dict[str, str]:
    """What our script says of a field, with the blanks that it fills."""
    return {key: say.sentence(key) for key, english in FIELDS.items() if isinstance(english, str)}


def small(say: Language, label: str) -> str:
    """The name of a field inside a sentence: English writes it small there, other languages as it stands."""
    return label[:1].lower() + label[1:] if say.tag == ENGLISH and label[1:2].islower() else label


def later(say: Language, error: FarthingError) -> str:
    """When to come again, as an error says; empty for a moment, and when it does not say."""
    seconds = int(error.headers.get("Retry-After") or 0)
    if seconds <= _MOMENT_SECONDS:
        return ""
    if seconds < _MINUTES_UNTIL_SECONDS:
        return say.text("wait_minutes", of=-(-seconds // 60))
    return say.text("wait_hours", of=-(-seconds // 3600))


def refusal(say: Language, error: FarthingError, otherwise: str) -> str:
    """What a shopper is told of an error: the sentence that it names, that of its code, its own English, or the
    sentence `otherwise`; and when to come again, where that is more than a moment."""
    return " ".join(filter(None, (_why(say, error, otherwise), later(say, error))))


def _why(say: Language, error: FarthingError, otherwise: str) -> str:
    """Its sentence; an error's `label` is the key of a field's name."""
    if error.said:
        key, values = error.said
        if label := values.get("label"):
            values = values | {"label": small(say, say.text(label))}
        return say.text(key, **values)
    if error.code in DECLINES:
        return decline(say, error.code)
    return error.message if say.tag == ENGLISH else say.text(otherwise)
