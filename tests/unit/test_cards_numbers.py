"""Card numbers: brands by prefix and length, check digit, and numbers hidden in free text."""

import pytest

from backend.cards import numbers

BRANDS = [
    ("4242424242424242", "visa"), ("4222222222222", "visa"), ("5555555555554444", "mastercard"),
    ("2223003122003222", "mastercard"), ("2720990000000007", "mastercard"), ("378282246310005", "amex"),
    ("341111111111111", "amex"), ("6011111111111117", "discover"), ("6555900000604105", "discover"),
    ("6445644564456445", "discover"), ("3056930009020004", "diners"), ("36227206271667", "diners"),
    ("30569309025904", "diners"), ("38520000023237", "diners"), ("3566002020360505", "jcb"),
    ("3528000000000007", "jcb"), ("6200000000000005", "unionpay"), ("6205500000000000004", "unionpay"),
    ("8171999927660000", "unionpay"), ("5062210000000009", "unknown"),
]


@pytest.mark.parametrize(("number", "brand"), BRANDS)
def test_the_leading_digits_tell_the_brand(number: str, brand: str) -> None:
    assert numbers.brand(number).name == brand
    assert numbers.plausible(number)


@pytest.mark.parametrize("number", ["2220990000000000", "2721000000000000", "3527000000000000", "3590000000000000",
                                    "3060000000000000", "6430000000000000"])
def test_numbers_just_outside_a_range_belong_to_nobody(number: str) -> None:
    assert numbers.brand(number) is numbers.UNKNOWN


@pytest.mark.parametrize("number", ["424242424242420", "37828224631000", "55555555555544441", "3566002020360"])
def test_a_length_that_the_brand_does_not_have_is_refused(number: str) -> None:
    assert numbers.brand(number) is not numbers.UNKNOWN
    assert not numbers.plausible(number)


def test_a_right_length_with_a_wrong_check_digit_is_refused() -> None:
    assert not numbers.plausible("4242424242424241")


@pytest.mark.parametrize("typed", ["4242 4242 4242 4242", "4242-4242-4242-4242", "4242\u00a04242\u00a04242\u00a04242"])
def test_separators_that_people_type_are_dropped(typed: str) -> None:
    assert numbers.digits(typed) == "4242424242424242"


@pytest.mark.parametrize("typed", ["", "4242", "4242424242a", "४२४२४२४२४२४२४२४२", "4" * 20, "+424242424242424"])
def test_what_cannot_be_a_card_number_has_no_digits(typed: str) -> None:
    assert numbers.digits(typed) is None


@pytest.mark.parametrize("text", ["4242424242424242", "card: 4242 4242 4242 4242!", "x378282246310005y"])
def test_a_card_number_inside_free_text_is_found(text: str) -> None:
    assert numbers.inside(text)


@pytest.mark.parametrize("text", ["", "order 4242424242424241", "1234567890123456", "tel +43 660 1234567", "ü" * 20])
def test_other_digits_in_free_text_are_left_alone(text: str) -> None:
    assert not numbers.inside(text)
