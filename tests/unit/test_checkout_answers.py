"""What a shopper answers is checked against what the page asks: each rule, and that nothing else is kept."""

from typing import Any

import pytest

from backend.checkout_pages import answers
from backend.errors import InvalidRequest

ASKS: dict[str, Any] = {
    "shipping_address_collection": {"allowed_countries": ["GB", "US"]}, "phone_number_collection": {"enabled": True},
    "consent_collection": {"terms_of_service": "required", "promotions": "auto"},
    "custom_fields": [
        {"key": "gift", "type": "text", "optional": True,
         "text": {"minimum_length": 3, "maximum_length": 5, "default_value": None}},
        {"key": "house", "type": "numeric", "optional": False,
         "numeric": {"minimum_length": None, "maximum_length": 4, "default_value": None}},
        {"key": "size", "type": "dropdown", "optional": False,
         "dropdown": {"options": [{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}]}}]}
SAID = {"shipping_name": "Ada Byron", "shipping_line1": "1 High Street", "shipping_line2": "", "shipping_city": "Hull",
        "shipping_state": "", "shipping_postal_code": "HU1 1AA", "shipping_country": "GB", "phone": "+44 20 7946 0958",
        "terms_of_service": "on", "promotions": "", "custom_gift": "", "custom_house": "12", "custom_size": "l"}


def refused(**change: str) -> str | None:
    with pytest.raises(InvalidRequest) as error:
        answers.collected(ASKS, SAID | change)
    return error.value.param


def test_answers_that_are_fine_are_kept_as_they_were_typed() -> None:
    found = answers.collected(ASKS, SAID)
    assert found["shipping_details"] == {"name": "Ada Byron", "address": {
        "line1": "1 High Street", "line2": None, "city": "Hull", "state": None, "postal_code": "HU1 1AA",
        "country": "GB"}}
    assert found["phone"] == "+44 20 7946 0958"
    assert found["custom_fields"] == {"gift": None, "house": "12", "size": "l"}
    assert found["consent"] == {"terms_of_service": "accepted", "promotions": "opt_out"}


def test_a_page_that_asks_nothing_keeps_nothing() -> None:
    assert answers.names({}) == answers.BUYER
    assert answers.collected({}, SAID) == {"shipping_details": None, "phone": None, "custom_fields": {},
                                           "consent": None}


def test_the_names_of_a_page_are_those_of_its_fields() -> None:
    assert set(answers.names(ASKS)) == set(SAID) | set(answers.BUYER)


@pytest.mark.parametrize(("name", "value"), [
    *((f"shipping_{name}", " ") for name in ("name", "line1", "city", "country")), ("shipping_country", "FR"),
    ("shipping_postal_code", ""),
    *(("phone", value) for value in ("", "1234", "12345678901234567", "+44 20 call me 79460958")),
    ("terms_of_service", ""), ("custom_gift", "ab"), ("custom_gift", "abcdef"), ("custom_house", ""),
    ("custom_house", "12a"), ("custom_house", "12345"), ("custom_house", "\u0661\u0662"), ("custom_size", ""),
    ("custom_size", "Small")])
def test_a_missing_or_wrong_answer_names_its_field(name: str, value: str) -> None:
    assert refused(**{name: value}) == name


@pytest.mark.parametrize(("value", "code"), [
    ("x" * (answers.TEXT_MAX + 1), "parameter_invalid_string_length"), ("a\x00b", "parameter_invalid_string"),
    ("it is 4242 4242 4242 4242", "parameter_invalid_card_number")])
@pytest.mark.parametrize("name", ["email", "custom_gift", "shipping_line2"])
def test_a_text_that_may_not_be_kept_is_refused(name: str, value: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        answers.check_texts({name: value})
    assert (error.value.param, error.value.code) == (name, code)
