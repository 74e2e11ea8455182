"""The sandbox issuer answers each test card as the table of test values says."""

import calendar

import pytest
from stdnum import luhn

from sandbox.cards import CARDS
from sandbox.issuer import Request, decide, proof

SECRET = b"s" * 32
NOW = calendar.timegm((2026, 11, 15, 0, 0, 0))


def _decide(number: str, amount: int = 1000, expiry: str = "3412", **more: str) -> tuple[str, str]:
    return decide(Request(number, expiry, amount, **more), SECRET, NOW)


@pytest.mark.parametrize(("number", "code"), [
    ("4242424242424242", "00"), ("378282246310005", "00"), ("6205500000000000004", "00"), ("36227206271667", "00"),
    ("4000000000000002", "05"), ("4000000000009995", "51"), ("4000000000009987", "41"), ("4000000000009979", "43"),
    ("4000000000006975", "65"), ("4000000000000069", "54"), ("4000000000000119", "06"), ("4000000000000341", "05"),
    ("4242424242424241", "14"), ("4111111111111111", "N0"), ("", "14"), ("4000002760003184", "1A"),
    ("4000000000003220", "1A"), ("4000008400001629", "1A"), ("4000000000003055", "00"), ("4000003800000446", "00"),
])
def test_a_card_is_answered_as_its_row_says(number: str, code: str) -> None:
    assert _decide(number)[0] == code


def test_every_card_of_the_table_passes_luhn() -> None:
    assert [number for number in CARDS if not luhn.is_valid(number)] == []


def test_a_card_that_declines_payments_only_can_be_saved() -> None:
    assert _decide("4000000000000341", amount=0)[0] == "00"
    assert _decide("4000000000000002", amount=0)[0] == "05"


def test_the_cvc_is_checked_only_when_it_is_given() -> None:
    assert _decide("4000000000000127") == ("00", "UU")
    assert _decide("4000000000000127", cvc="123") == ("82", "NU")
    assert _decide("4000000000000101", cvc="123") == ("00", "NU")
    assert _decide("4242424242424242", cvc="123") == ("00", "MU")


@pytest.mark.parametrize(("number", "letter"), [
    ("4242424242424242", "Y"), ("4000000000000036", "A"), ("4000000000000028", "Z"), ("4000000000000010", "N"),
    ("4000000000000044", "U"),
])
def test_both_address_checks_make_one_letter(number: str, letter: str) -> None:
    assert _decide(number, postal="12345", line1="1 High Street") == ("00", "U" + letter)


def test_authentication_is_believed_only_for_its_own_card_and_transaction() -> None:
    number, other = "4000002760003184", "4000000000003220"
    good = proof(SECRET, number, "ds-1")
    assert _decide(number, eci="05", cavv=good, ds_id="ds-1")[0] == "00"
    assert _decide(number, eci="05", cavv=good, ds_id="ds-2")[0] == "1A"
    assert _decide(other, eci="05", cavv=good, ds_id="ds-1")[0] == "1A"
    assert _decide(number, eci="05", cavv="A" * 28, ds_id="ds-1")[0] == "1A"


@pytest.mark.parametrize(("number", "code"), [("4000008260003178", "51"), ("4000008400001629", "05")])
def test_some_cards_decline_after_authentication(number: str, code: str) -> None:
    assert _decide(number, eci="05", cavv=proof(SECRET, number, "ds"), ds_id="ds")[0] == code


def test_a_failed_lookup_ends_in_a_decline() -> None:
    assert _decide("4000008400001280")[0] == "1A"
    assert _decide("4000008400001280", eci="07")[0] == "05"


def test_a_stored_card_may_be_charged_by_the_merchant_unless_it_always_asks() -> None:
    assert _decide("4000002500003155", eci="07")[0] == "00"
    assert _decide("4000002760003184", eci="07")[0] == "1A"


def test_an_expiry_date_in_the_past_is_refused() -> None:
    assert _decide("4242424242424242", expiry="2610")[0] == "54"
    assert _decide("4242424242424242", expiry="2611")[0] == "00"
    assert _decide("4242424242424242", expiry="")[0] == "54"
