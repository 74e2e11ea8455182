"""Card numbers as such: the brand by leading digits and length, and what a number may look like.

Sources: the networks' published ranges, the contract's list of brands.
"""

from dataclasses import dataclass

from backend.logs import DIGIT_RUN, card_like, fold, luhn

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

# First and last prefix of each range; the first that fits wins.
_RANGES: tuple[tuple[str, str, Brand], ...] = (
    ("4", "4", VISA),
    ("51", "55", MASTERCARD), ("2221", "2720", MASTERCARD),
    ("34", "34", AMEX), ("37", "37", AMEX),
    ("6011", "6011", DISCOVER), ("644", "649", DISCOVER), ("65", "65", DISCOVER),
    ("300", "305", DINERS), ("3095", "3095", DINERS), ("36", "36", DINERS), ("38", "39", DINERS),
    ("3528", "3589", JCB),
    ("62", "62", UNIONPAY), ("81", "81", UNIONPAY),
)


def digits(text: str) -> str | None:
    """The bare digits of a number typed with spaces or dashes; None when it cannot be a card number."""
    bare = text.translate(_SEPARATORS)
    return bare if bare.isascii() and bare.isdigit() and DIGITS_MIN <= len(bare) <= DIGITS_MAX else None


def brand(number: str) -> Brand:
    """The network of a number, by its leading digits alone."""
    for first, last, found in _RANGES:
        if first <= number[:len(first)] <= last:
            return found
    return UNKNOWN


def plausible(number: str) -> bool:
    """True when length and check digit fit the brand; a number that fails was mistyped."""
    return len(number) in brand(number).lengths and luhn(number)


def inside(text: str) -> bool:
    """True when free text seems to hold a card number, which only the vault's sealed column may (attack A12)."""
    return any(luhn(bare) and brand(bare) is not UNKNOWN and len(bare) in brand(bare).lengths
               for match in DIGIT_RUN.finditer(fold(text)) for bare in card_like(match[0]))
