"""Card numbers as such: the brand by leading digits and length, and what a number may look like.

Sources: the networks' published ranges, the contract's list of brands.
"""

from dataclasses import dataclass

from backend import card_numbers
from backend.card_numbers import luhn

_SEPARATORS = str.maketrans("", "", " -\u00a0")
DIGITS_MIN, DIGITS_MAX = 12, 19


@dataclass(frozen=True, slots=True)
class Brand:
    """One network: its name in the API, the name for display, allowed lengths of number and CVC."""

    name: str
    display: str
    lengths: frozenset[int]
    cvc_lengths: frozenset[int] = frozenset({3})


VISA = Brand("visa", "visa", frozenset({13, 16, 19}))
MASTERCARD = Brand("mastercard", "mastercard", frozenset({16}))
AMEX = Brand("amex", "american_express", frozenset({15}), frozenset({4}))
DISCOVER = Brand("discover", "discover", frozenset({16, 17, 18, 19}))
DINERS = Brand("diners", "diners_club", frozenset(range(14, 20)))
JCB = Brand("jcb", "jcb", frozenset({16, 17, 18, 19}))
UNIONPAY = Brand("unionpay", "union_pay", frozenset({16, 17, 18, 19}))
UNKNOWN = Brand("unknown", "other", frozenset(range(DIGITS_MIN, DIGITS_MAX + 1)), frozenset({3, 4}))

DISPLAY = {brand.name: brand.display for brand in
           (VISA, MASTERCARD, AMEX, DISCOVER, DINERS, JCB, UNIONPAY, UNKNOWN)} | {
    "eftpos_au": "eftpos_australia", "cartes_bancaires": "cartes_bancaires"}

_BRANDS = {brand.name: brand for brand in (VISA, MASTERCARD, AMEX, DISCOVER, DINERS, JCB, UNIONPAY)}


def digits(text: str) -> str | None:
    """The bare digits of a number typed with spaces or dashes; None when it cannot be a card number."""
    bare = text.translate(_SEPARATORS)
    return bare if bare.isascii() and bare.isdigit() and DIGITS_MIN <= len(bare) <= DIGITS_MAX else None


def brand(number: str) -> Brand:
    """The network of a number, by its leading digits alone; national schemes are nobody's brand in the API."""
    return _BRANDS.get(card_numbers.scheme(number) or "", UNKNOWN)


def plausible(number: str) -> bool:
    """True when length and check digit fit the brand; a number that fails was mistyped."""
    return len(number) in brand(number).lengths and luhn(number)


def inside(text: str) -> bool:
    """True when free text seems to hold a card number, which only the vault's sealed column may (attack A12)."""
    return card_numbers.holds(text)
