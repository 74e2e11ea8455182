"""Idempotency keys as the official libraries make them are never taken for card numbers."""

import random
import uuid

import pytest

from backend.errors import InvalidRequest
from backend.fields.card_numbers import refuse_card_number

KEYS = 5000


@pytest.mark.parametrize("form", ["{}", "stripe-node-retry-{}"], ids=["Python", "Node"])
def test_the_keys_of_the_official_libraries_pass(form: str) -> None:
    chance = random.Random(7)  # some of these hold a card's worth of digits
    for _ in range(KEYS):
        refuse_card_number(form.format(uuid.UUID(int=chance.getrandbits(128), version=4)), "Idempotency-Key")


def test_a_card_number_behind_the_same_word_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        refuse_card_number("stripe-node-retry-4242-4242-4242-4242", "Idempotency-Key")
