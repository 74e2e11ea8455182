"""The page about test cards lists every card there is, and says of each what the code says."""

import re

from backend.cards.test_cards import TEST_CARDS
from sandbox.cards import CARDS
from tests import card_tables


def test_the_page_says_what_the_code_does() -> None:
    text = card_tables.FILE.read_text(encoding="utf-8")
    assert text == card_tables.page(text), "run `make cards`"


def test_every_card_is_listed_once() -> None:
    text = card_tables.FILE.read_text(encoding="utf-8")
    listed = [found.replace(" ", "") for found in re.findall(r"^\| ([0-9 ]+) \|", text, re.MULTILINE)]
    assert sorted(listed) == sorted(TEST_CARDS)
    assert TEST_CARDS.keys() == CARDS.keys()
