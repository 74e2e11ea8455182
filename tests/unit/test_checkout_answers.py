"""What a shopper answers is checked against what the page asks: each rule, and that nothing else is kept."""

from typing import Any

import pytest

from backend import addresses
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
        "phone_country": "GB",
        "terms_of_service": "on", "promotions": "", "custom_gift": "", "custom_house": "12", "custom_size": "l"}


def refused(**change: str) -> str | None:
    with pytest.raises(InvalidRequest) as error:
        answers.collected(ASKS, SAID | change)
    return error.value.param


def test_answers_that_are_fine_are_kept_and_the_phone_number_as_the_world_dials_it() -> None:
    found = answers.collected(ASKS, SAID)
    assert found["shipping_details"] == {"name": "Ada Byron", "address": {
        "line1": "1 High Street", "line2": None, "city": "Hull", "state": None, "postal_code": "HU1 1AA",
        "country": "GB"}}
    assert found["phone"] == "+442079460958"
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


@pytest.mark.parametrize(("typed", "country", "kept"), [
    ("(201) 555-0123", "US", "+12015550123"), ("020 7946 0958", "GB", "+442079460958"),
    ("+49 30 901820", "US", "+4930901820"), ("030/901820", "DE", "+4930901820"), ("0812 34 567", "", None),
    ("555-0123", "US", None), ("201555012", "US", None), ("112", "DE", None)])
def test_a_phone_number_is_read_in_its_country(typed: str, country: str, kept: str | None) -> None:
    asks, said = {"phone_number_collection": {"enabled": True}}, {"phone": typed, "phone_country": country}
    if kept is None:
        with pytest.raises(InvalidRequest) as error:
            answers.collected(asks, said)
        assert error.value.param == "phone"
    else:
        assert answers.collected(asks, said)["phone"] == kept


@pytest.mark.parametrize(("country", "change", "field"), [
    ("US", {"state": ""}, "state"), ("US", {"state": "Texass"}, "state"),
    ("US", {"postal_code": "1234"}, "postal_code"),
    ("CA", {"state": "Ontario", "postal_code": "10001"}, "postal_code"), ("CA", {"postal_code": "K1A 0B1"}, "state"),
    ("JP", {"postal_code": "100-0001", "city": "", "state": ""}, "state"), ("DE", {"postal_code": "1"}, "postal_code"),
    ("US", {"city": ""}, "city"), ("SG", {"line1": ""}, "line1")])
def test_an_address_has_what_its_country_needs(country: str, change: dict[str, str], field: str) -> None:
    said = {"line1": "1 Mill Lane", "city": "Bath", "state": "TX", "postal_code": "10001", "country": country,
            **({} if country == "US" else {"state": ""}), **change}
    with pytest.raises(InvalidRequest) as error:
        answers.require_billing(said)
    assert error.value.param == field
    shipped = {"shipping_address_collection": {"allowed_countries": [country]}}
    with pytest.raises(InvalidRequest) as error:
        answers.collected(shipped, {f"shipping_{name}": value for name, value in {**said, "name": "Ada"}.items()})
    assert error.value.param == f"shipping_{field}"


@pytest.mark.parametrize(("country", "state", "kept"), [
    ("US", "california", "CA"), ("US", "CA", "CA"), ("CA", " Nova  Scotia ", "NS"), ("JP", "Tokyo", "Tokyo"),
    ("JP", "東京都", "Tokyo"), ("DE", "", None), ("GB", "Kent", "Kent")])
def test_a_subdivision_is_kept_by_its_code(country: str, state: str, kept: str | None) -> None:
    assert (answers.billed({"country": country, "state": state})["state"] or None) == kept


@pytest.mark.parametrize("country", ["SG", "HK", "DE", "AE", "XK", "GB"])
def test_a_country_is_not_asked_for_what_its_addresses_do_not_have(country: str) -> None:
    said = {"line1": "1 Mill Lane", "city": "" if country in ("SG", "AE") else "Town", "country": country,
            "state": "Dubai" if country == "AE" else "Kowloon", "postal_code": "HU1 1AA" if country == "GB" else ""}
    answers.require_billing(said)
    assert addresses.rules(country).needed <= set(addresses.rules(country).fields)


@pytest.mark.parametrize(("value", "code"), [
    ("x" * (answers.TEXT_MAX + 1), "parameter_invalid_string_length"), ("a\x00b", "parameter_invalid_string"),
    ("it is 4242 4242 4242 4242", "parameter_invalid_card_number")])
@pytest.mark.parametrize("name", ["email", "custom_gift", "shipping_line2"])
def test_a_text_that_may_not_be_kept_is_refused(name: str, value: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        answers.check_texts({name: value})
    assert (error.value.param, error.value.code) == (name, code)
