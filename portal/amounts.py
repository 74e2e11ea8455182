"""Amounts as a merchant types them: by the viewer's own language, commas too, never through a float."""

import re
from decimal import Decimal

from babel.numbers import NumberFormatError, get_currency_name, get_decimal_symbol, get_group_symbol, parse_decimal

from backend.errors import InvalidRequest
from backend.languages import locale
from backend.money import exponent
from backend.web.amounts import amount

_OTHERS = ("en", "de")
_LONGEST = 24
_NUMBER = re.compile("[0-9][0-9.,'\u2019 \u00a0\u202f]*")
_DIGITS_MAX = 12


def minor(written: str, currency: str, verb: str, tag: str | None) -> int:
    """`12.34`, or `12,34` -> 1234. What the viewer's language reads as a number is that number; else the other of point
    and comma may be the decimal sign. Raises InvalidRequest that names the field."""
    digits, text = exponent(currency), written.strip()
    found = _parsed(text, tag)
    if found is None or found != found.quantize(Decimal(1).scaleb(-digits)):
        raise InvalidRequest(f"Write the amount with at most {digits} decimals, such as {_example(digits, tag)}.",
                             param="amount")
    whole = int(found.scaleb(digits))
    if whole < 1:
        raise InvalidRequest(f"The amount to {verb} must be more than zero.", param="amount")
    return whole


def _parsed(text: str, tag: str | None) -> Decimal | None:
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        return None
    for one in (locale(tag), *map(locale, _OTHERS)):
        try:
            group = get_group_symbol(one)
            spaced = re.sub(r"\s", group, text) if group.isspace() else text
            found = parse_decimal(spaced, locale=one, strict=True)
        except NumberFormatError:
            continue
        if len(found.as_tuple().digits) <= _DIGITS_MAX:
            return found
    return None


def _example(digits: int, tag: str | None) -> str:
    return f"12{get_decimal_symbol(locale(tag))}{'5'.ljust(digits, '0')}" if digits else "1234"


def spoken(value: int, currency: str) -> str:
    """`1250, "usd"` -> `12.50 US dollars`: an amount that cannot be taken for one in another currency."""
    digits = exponent(currency)
    number = f"{Decimal(value).scaleb(-digits):,.{digits}f}"
    return f"{number} {get_currency_name(currency.upper(), Decimal(value).scaleb(-digits), locale('en'))}"


def at_most(value: int, currency: str, verb: str) -> str:
    """What to say of an amount that is more than there is."""
    return f"At most {amount(value, currency)} can be {verb}."
