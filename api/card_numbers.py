"""Card numbers are refused wherever text comes in, and hidden wherever text goes out (attack A12)."""

import re

from backend.errors import InvalidRequest
from backend.logs import CARD_START, DIGIT_RUN, card_like, fold, luhn

# A UUID may hold a card's worth of digits by chance, and the official libraries use one as every idempotency key, the
# one for Node behind a word of its own.
_UUID = re.compile(r"(?<![0-9A-Za-z-])(?:stripe-node-retry-)?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
                   r"(?![0-9A-Za-z-])")
_CARD_DIGITS_MIN = 13


def refuse_card_number(value: str, path: str) -> None:
    """Refuse text that holds a card number (Luhn-good, a card's length and first digits); never echoes it."""
    if any(map(_holds_card, DIGIT_RUN.finditer(_UUID.sub("", fold(value))))):
        raise InvalidRequest(f"The value of {path} looks like a card number. Card numbers may only be sent to the "
                             "vault; see /docs/accept-a-payment.", code="parameter_invalid_card_number", param=path)


def without_cards(text: str) -> str:
    """`text` with every card number in it hidden: for messages that repeat what was sent (attack A12)."""
    folded = fold(text)
    found = DIGIT_RUN.sub(lambda match: "[redacted]" if _holds_card(match) else match[0], folded)
    return text if found == folded else found


def _holds_card(match: re.Match[str]) -> bool:
    return any(len(digits) >= _CARD_DIGITS_MIN and CARD_START.match(digits) and luhn(digits)
               for digits in card_like(match[0]))
