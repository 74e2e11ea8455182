"""Telephone numbers: read as people write them, kept as ITU-T E.164 writes them, by the package phonenumberslite."""

from functools import cache

import phonenumbers

from backend import countries
from backend.languages import ENGLISH

_DIGITS_MIN = 5  # some plans hold the short numbers of emergency services


def e164(typed: str, country: str) -> str | None:
    """`+12015550123` for what was typed in `country` (an ISO 3166 code, may be empty); None for what is no number."""
    try:
        found = phonenumbers.parse(typed, country or None)
    except phonenumbers.NumberParseException:
        return None
    whole = phonenumbers.is_possible_number_with_reason(found) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not whole or len(str(found.national_number)) < _DIGITS_MIN or set(typed) - set("+0123456789 ()-./"):
        return None
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))


@cache
def named(language: str = ENGLISH) -> tuple[tuple[str, str, int], ...]:
    """(code, name, calling code) of every country that has one, by name."""
    return tuple((code, name, phonenumbers.country_code_for_region(code)) for code, name in countries.named(language)
                 if code in phonenumbers.SUPPORTED_REGIONS)


@cache
def example(country: str) -> str:
    """How a number of the country looks at home; empty when nobody knows."""
    found = phonenumbers.example_number(country)
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.NATIONAL)) if found else ""
