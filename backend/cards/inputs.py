"""What a shopper typed, checked: number, expiry and CVC become a Typed card or the contract's card error.

Source: reference contract section 6 (codes), test values section 2 (invalid input). Pure.
"""

import re
from dataclasses import dataclass
from datetime import date

from backend.cards import numbers
from backend.errors import CardError

YEARS_AHEAD_MAX = 50
_EXPIRY = re.compile(r"\s*(?:(?P<month>[0-9]{1,2})\s*[/\-. ]?\s*(?P<year>[0-9]{4}|[0-9]{2})"
                     r"|(?P<iso_year>[0-9]{4})-(?P<iso_month>[0-9]{2}))\s*")


@dataclass(frozen=True, slots=True)
class Typed:
    """A card as typed, its parts valid in themselves; `repr` shows neither number nor code."""

    number: str
    exp_month: int
    exp_year: int
    cvc: str | None
    brand: numbers.Brand

    def __repr__(self) -> str:
        return f"Typed({self.brand.name} …{self.number[-4:]})"

    @property
    def last4(self) -> str:
        return self.number[-4:]


def check(number: str, exp_month: int, exp_year: int, cvc: str | None, today: date) -> Typed:
    """The typed card; raises CardError in Stripe's order: number, month, year, code. `today` is in UTC."""
    bare = numbers.digits(number)
    if bare is None:
        raise CardError("The card number is not a valid credit card number.", code="invalid_number", param="number")
    if not numbers.plausible(bare):
        raise CardError("Your card number is incorrect.", code="incorrect_number", param="number")
    year = exp_year + 2000 if 0 <= exp_year < 100 else exp_year
    check_expiry(exp_month, year, today)
    brand = numbers.brand(bare)
    code = cvc.strip() if cvc else None
    if code and not (code.isascii() and code.isdigit() and len(code) in brand.cvc_lengths):
        raise CardError("Your card's security code is invalid.", code="invalid_cvc", param="cvc")
    return Typed(bare, exp_month, year, code or None, brand)


def check_expiry(month: int, year: int, today: date) -> None:
    """Raise CardError unless the card is good to the end of a month that has not passed."""
    if not 1 <= month <= 12:
        raise _bad_month()
    if not today.year <= year <= today.year + YEARS_AHEAD_MAX:
        raise CardError("Your card's expiration year is invalid.", code="invalid_expiry_year", param="exp_year")
    if (year, month) < (today.year, today.month):
        raise _bad_month()


def expiry(text: str) -> tuple[int, int]:
    """Month and year of `12 / 33`, `12/2033`, `1233` or `2033-12` (what browsers fill in); raises CardError."""
    match = _EXPIRY.fullmatch(text)
    if not match:
        raise _bad_month()
    month, year = match["month"] or match["iso_month"], match["year"] or match["iso_year"]
    return int(month), int(year) + (2000 if len(year) == 2 else 0)


def _bad_month() -> CardError:
    return CardError("Your card's expiration month is invalid.", code="invalid_expiry_month", param="exp_month")
