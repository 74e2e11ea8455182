"""The table of test cards: every number is one, every alias has its twin, the facts are right."""

import pytest

from backend.cards import numbers
from backend.cards.test_cards import ALIASES, TEST_CARDS, facts


def test_every_number_passes_its_own_checks() -> None:
    assert [number for number in TEST_CARDS if not numbers.plausible(number)] == []


def test_every_alias_has_its_twin() -> None:
    for name, number in ALIASES.items():
        if name.startswith("pm_card_"):
            assert ALIASES["tok_" + name.removeprefix("pm_card_")] == number


def test_the_table_is_whole() -> None:
    assert len(TEST_CARDS) == 147
    assert sum(name.startswith("pm_card_") for name in ALIASES) == 140


@pytest.mark.parametrize(("alias", "number"), [
    ("pm_card_visa", "4242424242424242"), ("tok_us", "4242424242424242"), ("pm_card_de", "4000002760000016"),
    ("tok_visa_debit_chargeDeclinedInsufficientFunds", "4000000000009995"), ("pm_card_jcb", "3566002020360505"),
    ("tok_visa_chargeDeclinedFraudulent", "4100000000000019"), ("tok_createDispute", "4000000000000259"),
    ("pm_card_amex_threeDSecureNotSupported", "378282246310005"), ("pm_card_gb_debit", "4000058260000005"),
])
def test_an_alias_stands_for_its_number(alias: str, number: str) -> None:
    assert ALIASES[alias] == number


@pytest.mark.parametrize(("number", "funding", "country", "second"), [
    ("4000056655665556", "debit", "US", None), ("5105105105105100", "prepaid", "US", None),
    ("4000002500001001", "credit", "FR", "cartes_bancaires"), ("4000050360000001", "debit", "AU", "eftpos_au"),
    ("4000003920000003", "credit", "JP", None), ("4000057640000008", "debit", "TH", None),
    ("4111111111111111", "credit", "US", None),
])
def test_funding_country_and_second_network_are_right(number: str, funding: str, country: str, second: str) -> None:
    found = facts(number)
    assert (found.funding, found.country, found.second_network) == (funding, country, second)
