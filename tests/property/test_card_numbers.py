"""Card numbers over many inputs: what holds for every brand, length, typing habit and mistake."""

from hypothesis import given
from hypothesis import strategies as st

from backend.card_numbers import issued
from backend.cards import numbers
from backend.cards.inputs import Typed
from backend.networks.port import Card

_PREFIXES = [("4", 16), ("4", 13), ("4", 19), ("51", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15),
             ("6011", 16), ("65", 19), ("36", 14), ("300", 16), ("3528", 16), ("3589", 18), ("62", 16), ("81", 19)]


def _completed(start: str) -> str:
    return next(start + str(digit) for digit in range(10) if numbers.luhn(start + str(digit)))


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    """A number of some brand with a right length and check digit."""
    prefix, length = draw(st.sampled_from(_PREFIXES))
    rest = length - len(prefix) - 1
    return _completed(prefix + draw(st.text("0123456789", min_size=rest, max_size=rest)))


@given(card_numbers())
def test_a_whole_number_is_plausible_and_has_a_brand(number: str) -> None:
    assert numbers.brand(number) is not numbers.UNKNOWN
    assert numbers.plausible(number)
    assert numbers.inside(f"({number})") or not issued(number)
    assert numbers.inside(f"card ({number})")


@given(card_numbers(), st.data())
def test_one_wrong_digit_is_always_noticed(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[place]]))
    assert not numbers.luhn(number[:place] + other + number[place + 1:])


@given(card_numbers(), st.data())
def test_separators_never_change_the_number(number: str, data: st.DataObject) -> None:
    typed = "".join(digit + data.draw(st.sampled_from(["", " ", "-", "\u00a0"])) for digit in number)
    assert numbers.digits(typed) == number


@given(st.text())
def test_any_text_is_digits_or_nothing(text: str) -> None:
    found = numbers.digits(text)
    assert found is None or (found.isascii() and found.isdigit() and 12 <= len(found) <= 19)


@given(card_numbers(), st.from_regex(r"[0-9]{3}", fullmatch=True))
def test_no_object_with_a_card_shows_its_number(number: str, cvc: str) -> None:
    for thing in (Typed(number, 12, 2030, cvc, numbers.brand(number)), Card(number, 12, 2030, cvc)):
        assert number not in repr(thing)
        assert number[:8] not in repr(thing)
