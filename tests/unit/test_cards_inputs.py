"""What a shopper typed: every refusal with its code and parameter."""

from datetime import date

import pytest

from backend.cards.inputs import check, expiry
from backend.errors import CardError

TODAY = date(2026, 11, 21)
VISA, AMEX = "4242424242424242", "378282246310005"

REFUSALS = [
    ("a wrong check digit", "4242424242424241", 12, 2030, "123", "incorrect_number", "number"),
    ("a number too short for its brand", "424242424242420", 12, 2030, "123", "incorrect_number", "number"),
    ("letters", "4242abcd42424242", 12, 2030, "123", "invalid_number", "number"),
    ("too few digits", "4242", 12, 2030, "123", "invalid_number", "number"),
    ("month 13", VISA, 13, 2030, "123", "invalid_expiry_month", "exp_month"),
    ("month 0", VISA, 0, 2030, "123", "invalid_expiry_month", "exp_month"),
    ("last month", VISA, 10, 2026, "123", "invalid_expiry_month", "exp_month"),
    ("last year", VISA, 12, 2025, "123", "invalid_expiry_year", "exp_year"),
    ("last year in two digits", VISA, 12, 25, "123", "invalid_expiry_year", "exp_year"),
    ("fifty years ago", VISA, 12, 1976, "123", "invalid_expiry_year", "exp_year"),
    ("more than fifty years ahead", VISA, 12, 2077, "123", "invalid_expiry_year", "exp_year"),
    ("two digits of code", VISA, 12, 2030, "99", "invalid_cvc", "cvc"),
    ("four digits of code on a Visa", VISA, 12, 2030, "1234", "invalid_cvc", "cvc"),
    ("three digits of code on an American Express", AMEX, 12, 2030, "123", "invalid_cvc", "cvc"),
    ("a code of letters", VISA, 12, 2030, "abc", "invalid_cvc", "cvc"),
    ("a code in other digits", VISA, 12, 2030, "१२३", "invalid_cvc", "cvc"),
]


@pytest.mark.parametrize(("number", "month", "year", "cvc", "code", "param"), [row[1:] for row in REFUSALS],
                         ids=[row[0] for row in REFUSALS])
def test_invalid_input_is_refused_by_name(number: str, month: int, year: int, cvc: str, code: str, param: str) -> None:
    with pytest.raises(CardError) as refused:
        check(number, month, year, cvc, TODAY)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert number not in refused.value.message


@pytest.mark.parametrize(("month", "year"), [(11, 2026), (12, 2026), (1, 27), (12, 2076)])
def test_a_card_is_good_until_the_end_of_its_month(month: int, year: int) -> None:
    assert check(VISA, month, year, "123", TODAY).exp_year in (2026, 2027, 2076)


def test_the_code_may_be_left_out() -> None:
    assert check(VISA, 12, 2030, None, TODAY).cvc is None


def test_a_typed_card_shows_neither_number_nor_code() -> None:
    shown = repr(check(VISA, 12, 2030, "917", TODAY))
    assert VISA not in shown
    assert "917" not in shown
    assert shown.endswith("4242)")


@pytest.mark.parametrize("text", ["12 / 33", "12/33", "12/2033", "1233", "122033", "2033-12", " 12 - 33 ", "12.2033"])
def test_expiry_is_read_however_browsers_write_it(text: str) -> None:
    assert expiry(text) == (12, 2033)


def test_a_month_of_one_digit_is_read() -> None:
    assert expiry("1/33") == expiry("01 / 2033") == (1, 2033)


@pytest.mark.parametrize("text", ["", "12", "12/3", "ab/cd", "12/203", "2033/12/01", "१२/३३"])
def test_an_expiry_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CardError) as refused:
        expiry(text)
    assert refused.value.code == "invalid_expiry_month"
