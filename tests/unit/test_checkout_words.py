"""What shoppers are told: helpful, complete, and never a reason that a thief could use."""

import re
from datetime import date

import pytest

from backend import countries, money
from backend.cards import inputs
from backend.errors import CardError, InvalidRequest
from backend.networks import declines
from backend.web.amounts import amount
from checkout import english, page, words
from checkout.english import SENTENCES
from tests.stack import ROOT

SAY = words.DOMAIN.language("en")
_OF_FIELDS = ("incorrect_number", "invalid_number", "invalid_expiry_month", "invalid_expiry_year", "invalid_cvc")
"""What the vault finds in what was typed, before anybody is asked."""


def test_a_payer_hears_one_sentence_whatever_the_bank_thinks_of_the_card() -> None:
    for code in sorted(declines.CARDS):
        found = declines.explain(code)
        if found.code in ("processing_error", "authentication_required"):  # the card was not judged
            continue
        said = page.spoken(SAY, found.code, found.decline_code)
        expected = words.decline(SAY, found.decline_code if found.decline_code in words.OF_MODE else None)
        assert (said["message"], said["field"]) == (expected, None), code
        assert "decline_code" not in said, code


@pytest.mark.parametrize("code", _OF_FIELDS)
def test_what_was_typed_wrongly_is_told_at_its_field(code: str) -> None:
    said = words.decline(SAY, code)
    assert said.endswith(".")
    assert said != words.decline(SAY, None)
    assert code in words.FIELD_OF


def test_every_sentence_can_be_filled_in_every_language() -> None:
    names = ("amount", "seller", "label", "problem", "brand", "last4", "quantity", "count", "time", "code", "name",
             "date", "least", "most", "terms", "privacy")
    blanks = dict.fromkeys(names, "x")
    for tag in words.DOMAIN.tags:
        assert all(words.DOMAIN.language(tag).text(key, of=2, **blanks) for key in SENTENCES), tag


def test_no_key_names_two_sentences() -> None:
    parts = (english.WORDS, english.FIELDS, english.ANSWERS, {f"declined_{key}" for key in english.DECLINED})
    assert len(SENTENCES) == sum(map(len, parts))


def test_every_refusal_has_a_sentence() -> None:
    named = {key for package in ("backend", "checkout") for path in (ROOT / package).rglob("*.py")
             for key in re.findall(r"said=\(\"(\w+)\"", path.read_text())}
    assert {"empty_ask", "phone_card", "sold_out", "declined_page_old"} < named
    assert named | set(words.DECLINES.values()) <= set(SENTENCES)


@pytest.mark.parametrize(("error", "english", "german"), [
    (InvalidRequest("Enter a phone number.", param="phone", said=("empty_phone", {})), "Enter a phone number.",
     "Geben Sie eine Telefonnummer ein."),
    (InvalidRequest("x", said=("empty_state", {"label": "area_state"})), "Choose your state.",
     "Wählen Sie im Feld „Bundesstaat“ etwas aus."),
    (InvalidRequest("x", said=("short_ask", {"of": 3})), "Use at least 3 characters.",
     "Verwenden Sie mindestens 3 Zeichen."),
    (InvalidRequest("The total changed.", code="order_changed"),
     SENTENCES["declined_order_changed"], words.DOMAIN.language("de").text("declined_order_changed")),
    (InvalidRequest("Too many.", code="rate_limit"), "Too many.", words.DOMAIN.language("de").text("broken"))])
def test_an_error_is_told_in_the_shoppers_language(error: InvalidRequest, english: str, german: str) -> None:
    assert words.refusal(SAY, error, "broken") == english
    assert words.refusal(words.DOMAIN.language("de"), error, "broken") == german


def test_an_amount_is_written_with_the_decimals_of_our_own_table() -> None:
    written = {currency: "".join(char for char in amount(123456789, currency) if char.isdigit() or char == ".")
               for currency in money.CURRENCIES}
    assert {currency: digits.lstrip(".") for currency, digits in written.items()} == {
        currency: money.decimal_text(123456789, currency) for currency in money.CURRENCIES}


@pytest.mark.parametrize(("minor", "currency", "tag", "said"), [
    (2000, "usd", None, "$20.00"), (5940, "jpy", "en", "¥5,940"), (12345, "kwd", "en", "KWD\u00a012.345"),
    (1999, "eur", "de", "19,99\u00a0€"), (100, "usd", "zz-ZZ", "$1.00"), (0, "gbp", "en-GB", "£0.00")])
def test_amounts_follow_the_locale(minor: int, currency: str, tag: str | None, said: str) -> None:
    assert amount(minor, currency, tag) == said


def test_the_countries_are_countries() -> None:
    codes = [code for code, _ in countries.named()]
    assert len(codes) == len(set(codes)) == 249
    assert set(codes) >= countries.NO_POSTAL
    assert "EU" not in codes


def test_what_the_vault_says_of_a_form_has_a_sentence() -> None:
    """Of the card's fields and the others that the form has, whatever is typed."""
    said = set()
    for typed in (("", 1, 2040, "123"), ("4242424242424241", 1, 2040, "123"), ("4242424242424242", 13, 2040, "123"),
                  ("4242424242424242", 1, 1990, "123"), ("4242424242424242", 1, 2040, "1")):
        with pytest.raises(CardError) as refused:
            inputs.check(*typed, date(2030, 1, 1))
        said.add(refused.value.code)
    assert {"invalid_number", "incorrect_number", "invalid_expiry_month", "invalid_expiry_year", "invalid_cvc"} == said
    assert said | {"email_invalid", "parameter_invalid_card_number"} < set(words.OF_VAULT) <= set(words.DECLINES)
