"""The detector of card numbers keeps its measured rates on both corpora, and reads any text in linear time."""

import random
import sys

import pytest

from backend import card_numbers
from tests import card_corpora

EACH = 1000


def test_of_ten_thousand_references_less_than_one_is_taken_for_a_card() -> None:
    seen = card_corpora.rates(card_corpora.REFERENCES, EACH)
    assert sum(seen.values()) < EACH * len(seen) / 10_000, {name: count for name, count in seen.items() if count}


@pytest.mark.parametrize("kind", card_corpora.DISGUISES)
def test_of_a_hundred_disguised_numbers_more_than_ninety_nine_are_found(kind: str) -> None:
    seen = card_corpora.rates({kind: card_corpora.DISGUISES[kind]}, EACH)
    assert seen[kind] > EACH * 0.99


def test_digits_that_could_be_a_card_in_every_respect_are_as_rare_as_chance_makes_them() -> None:
    seen = card_corpora.rates(card_corpora.CHANCE, EACH)
    assert seen["any 16 digits"] < EACH * 0.06
    assert seen["any 14 digits"] + seen["any 15 digits"] < EACH * 0.015


@pytest.mark.parametrize("kind", [name for name in card_corpora.DISGUISES if name != "digits of other scripts"])
def test_what_was_found_is_hidden_and_the_rest_stays(kind: str) -> None:
    for _, text in card_corpora.texts({kind: card_corpora.DISGUISES[kind]}, 50):
        hidden = card_numbers.hide(f"<b> {text} <i>")
        if hidden != f"<b> {text} <i>":
            assert hidden.startswith("<b> ")
            assert hidden.endswith(" <i>")
            assert sum(map(str.isdigit, hidden)) <= 11  # a code, a month and a year may stay, and six more by an "<"


@pytest.mark.parametrize("number", ["+" + "378282246310005", "+36227206271667", "+49 170 1234567", "+1 (555) 010-9999"])
def test_a_telephone_number_with_a_plus_is_no_card(number: str) -> None:
    assert not card_numbers.holds(number)


def test_only_a_mod_97_account_number_speaks_for_itself() -> None:
    assert not card_numbers.holds("DE75 5121 0800 1245 1261 99")
    assert card_numbers.holds("DE11 4539 1488 0343 6467 99")


@pytest.mark.parametrize("soup", [
    "4", "4 ", "4242 ", "4242424242424241 ", "4242424242424241x", "4242 4242 4242 4241x", "4 " * 13 + "a", "4......",
    "AA11 ", "400000", "4242%20", "4242\\n", "4539&nbsp;", "0123456789abcdef", "card 4242 ", "\uff14", "\u00e9",
    "4242\n\n\n\n\n\n\n", "+4539"])
def test_twice_the_text_is_twice_the_work(soup: str) -> None:
    """Counted in the calls that Python makes, so that a busy machine changes nothing."""
    def work(text: str) -> int:
        calls = 0

        def seen(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            calls += 1

        sys.setprofile(seen)
        try:
            for _ in card_numbers.find(text):
                pass
        finally:
            sys.setprofile(None)
        return calls

    size = 4000
    once, twice = (work((soup * size)[:length]) for length in (size, 2 * size))
    assert twice <= 2.2 * once + 60


def test_random_soup_of_digits_and_marks_is_read_to_its_end() -> None:
    chance = random.Random(11)
    for _ in range(300):
        text = "".join(chance.choices("0123456789 -./_%&\\x\u200b\uff14", k=400))
        assert card_numbers.holds(text + " x 4539 1488 0343 6467")
