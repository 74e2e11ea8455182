"""Amounts that a merchant types are read by the viewer's language, with comma or point, and never guessed."""

import pytest

from backend.errors import InvalidRequest
from portal import amounts


@pytest.mark.parametrize(("written", "currency", "tag", "minor"), [
    ("1,50", "usd", "en-US", 150), ("1.50", "usd", "de-DE", 150), ("1,50", "eur", "de-DE", 150),
    ("1.50", "usd", "en", 150), ("1,234.50", "usd", "en", 123450), ("1.234,50", "eur", "de", 123450),
    ("1,234", "usd", "en", 123400), ("1.234", "eur", "de", 123400), ("1,234", "kwd", "de", 1234),
    ("1 234,50", "eur", "fr", 123450), ("500", "jpy", "ja", 500), ("1,234", "jpy", "en", 1234), ("0,01", "usd", "", 1),
    ("12", "usd", None, 1200), (" 12.5 ", "usd", "xx-nonsense", 1250)])
def test_an_amount_is_read_as_its_writer_meant_it(written: str, currency: str, tag: str | None, minor: int) -> None:
    assert amounts.minor(written, currency, "refund", tag) == minor


@pytest.mark.parametrize("written", ["", "-1", "1.005", "1e5", "$3", "1.2.3", "1,2,3", "1,23,45", "abc", "\u0663",
                                     "9" * 30, "1.5.", "NaN", "1.50 usd", "12,5,00"])
def test_what_is_no_amount_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        amounts.minor(written, "usd", "refund", "en-US")
    assert (error.value.param, "at most 2 decimals, such as 12.50" in error.value.message) == ("amount", True)


def test_the_example_is_in_the_viewers_own_notation() -> None:
    for tag, currency, example in (("de", "eur", "12,50"), ("en", "kwd", "12.500"), ("en", "jpy", "1234")):
        with pytest.raises(InvalidRequest, match=f"such as {example}"):
            amounts.minor("x", currency, "capture", tag)


def test_nothing_is_no_amount() -> None:
    with pytest.raises(InvalidRequest, match="must be more than zero"):
        amounts.minor("0,00", "usd", "refund", "en")


@pytest.mark.parametrize(("minor", "currency", "words"), [
    (1250, "usd", "12.50 US dollars"), (100, "eur", "1.00 euros"), (500, "jpy", "500 Japanese yen"),
    (1234567, "kwd", "1,234.567 Kuwaiti dinars")])
def test_an_amount_in_words_names_its_currency(minor: int, currency: str, words: str) -> None:
    assert amounts.spoken(minor, currency) == words
