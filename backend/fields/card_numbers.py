"""Card numbers are refused wherever text comes in (attack A12)."""

from backend import card_numbers
from backend.errors import InvalidRequest


def refuse_card_number(value: str, path: str) -> None:
    """Refuse text that holds a card number (backend/card_numbers.py says what one is); never echoes it."""
    if card_numbers.holds(value, path):
        raise InvalidRequest(f"The value of {path} looks like a card number. Card numbers may only be sent to the "
                             "vault; see /docs/accept-a-payment.", code="parameter_invalid_card_number", param=path)
