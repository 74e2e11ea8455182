"""Country specs: in which countries an account can be, and what holds for it there."""

import json
from pathlib import Path
from typing import Any

from backend import money, pages
from backend.accounts.shapes import COUNTRY_SPEC
from backend.errors import NotFound

Row = dict[str, Any]
_COUNTRIES: dict[str, Row] = json.loads(Path(__file__).with_name("countries.json").read_text())
_SEPA = sorted(code for code, country in _COUNTRIES.items() if country["sepa"])
_PERSON = ("business_profile.mcc", "business_profile.url", "external_account", "tos_acceptance.date",
           "tos_acceptance.ip")


def get(country: str) -> Row:
    """The CountrySpec of a two-letter code; raises NotFound."""
    if country not in _COUNTRIES:
        raise NotFound("country_spec", country)
    currency, sepa = _COUNTRIES[country]["currency"], _COUNTRIES[country]["sepa"]
    banks = {currency: [country]} | ({"eur": _SEPA} if sepa else {})
    methods = ["card", *(["sepa_debit"] if sepa else []), *(["us_bank_account"] if country == "US" else [])]
    return COUNTRY_SPEC.render({
        "id": country, "default_currency": currency, "supported_bank_account_currencies": banks,
        "supported_payment_currencies": sorted(money.CURRENCIES), "supported_payment_methods": methods,
        "supported_transfer_countries": sorted(_COUNTRIES),
        "verification_fields": {
            "company": {"minimum": [*_PERSON, "company.name", "company.tax_id"],
                        "additional": ["company.verification"]},
            "individual": {"minimum": [*_PERSON, "individual.first_name", "individual.last_name", "individual.dob"],
                           "additional": ["individual.verification"]}}})


def find(params: Row) -> Row:
    """A page of all, by their codes."""
    return pages.of_list("/v1/country_specs", params, "country_spec", sorted(_COUNTRIES), get)
