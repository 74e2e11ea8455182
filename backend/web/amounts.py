"""Amounts, dates and counts as people read them, with the decimals of our own currency table."""

import re
from copy import copy
from datetime import UTC, datetime
from decimal import Decimal
from unicodedata import bidirectional

from babel.dates import format_datetime
from babel.numbers import get_currency_symbol

from backend import money
from backend.languages import locale

_TOUCHING = re.compile(r"(?<=[A-Z]{3})(?=[0-9])")  # CLDR asks for a space where a code meets a digit; Babel has none


def amount(minor: int, currency: str, tag: str | None = None) -> str:
    """`1999, "usd"` -> `$19.99`. Decimals come from `money.exponent`: Babel's own differ for twelve currencies."""
    chosen = locale(tag)
    digits = money.exponent(currency)
    value = Decimal(minor).scaleb(-digits)
    pattern = copy(chosen.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    text = pattern.apply(value, chosen, currency=currency.upper(), currency_digits=False)
    if minor < 0:
        text = text.replace("-", chosen.number_symbols["latn"]["minusSign"], 1)
    if chosen.text_direction == "rtl":
        text = _unbroken(text, get_currency_symbol(currency.upper(), chosen))
    return _TOUCHING.sub("\u00a0", text)


def _unbroken(text: str, symbol: str) -> str:
    """In a line from right to left `US$` would come apart: its dollar is no letter. Arabic symbols stay as they are."""
    if any(bidirectional(char) in ("R", "AL") for char in symbol):
        return text
    return text.replace(symbol, f"\u2066{symbol}\u2069")


def when(moment: datetime | int | str | None, style: str = "d MMM y, HH:mm", tag: str | None = None) -> str:
    """A time in UTC for people; takes a datetime, Unix seconds or ISO 8601 text; a dash for None."""
    if moment is None:
        return "–"
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    value = datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) else moment.astimezone(UTC)
    return format_datetime(value, style, tzinfo=UTC, locale=locale(tag))
