"""What shoppers are told: helpful, complete, and never a reason that a thief could use."""

import pytest

from backend import countries, money
from backend.networks import declines
from backend.web.amounts import amount
from checkout import page, words

_OF_FIELDS = ("incorrect_number", "invalid_number", "invalid_expiry_month", "invalid_expiry_year", "invalid_cvc")
"""What the vault finds in what was typed, before anybody is asked."""


def test_a_payer_hears_one_sentence_whatever_the_bank_thinks_of_the_card() -> None:
    for code in sorted(declines.CARDS):
        found = declines.explain(code)
        if found.code in ("processing_error", "authentication_required"):  # the card was not judged
            continue
        said = page.spoken(found.code, found.decline_code)
        expected = words.OF_MODE.get(found.decline_code or "", words.decline(None))
        assert (said["message"], said["field"]) == (expected, None), code
        assert "decline_code" not in said, code


@pytest.mark.parametrize("code", _OF_FIELDS)
def test_what_was_typed_wrongly_is_told_at_its_field(code: str) -> None:
    said = words.decline(code)
    assert said.endswith(".")
    assert said != words.decline(None)
    assert code in words.FIELD_OF


def test_every_sentence_can_be_filled() -> None:
    names = ("amount", "seller", "label", "brand", "last4", "quantity", "count", "time", "code", "name", "month",
             "year", "least", "most", "minutes", "terms", "privacy")
    blanks = dict.fromkeys(names, "x")
    assert all(words.text(key, **blanks) for key in words.WORDS)


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
