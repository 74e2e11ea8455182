"""Card numbers are refused wherever text comes in, and hidden wherever text goes out (attack A12)."""

from backend import card_numbers
from backend.errors import InvalidRequest


def refuse_card_number(value: str, path: str) -> None:
    """Refuse text that holds a card number (backend/card_numbers.py says what one is); never echoes it."""
    if card_numbers.holds(value, path):
        raise InvalidRequest(f"The value of {path} looks like a card number. Card numbers may only be sent to the "
                             "vault; see /docs/accept-a-payment.", code="parameter_invalid_card_number", param=path)


def without_cards(text: str) -> str:
    """`text` with every card number in it hidden: for messages that repeat what was sent (attack A12)."""
    return card_numbers.hide(text)
