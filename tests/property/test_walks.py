"""A slice of the random walks, with another seed in each run (FARTHING_SEED replays one); `make faults` walks far."""

import os
import random

import pytest

from tests import walks
from tests.house import house_over
from tests.stack import Schema

COUNT = 80


async def _nothing(*args: object) -> None:
    """What a verb that has forgotten its work does."""


async def test_no_walk_goes_astray(postgres: Schema) -> None:
    seed = int(os.environ.get("FARTHING_SEED", random.SystemRandom().randrange(1_000_000)))
    async with house_over(postgres, timeout=8) as house:
        found = await walks.many(house, seed, COUNT)
        assert found.astray == []
        assert found.walked.total() == COUNT
        await walks.settled(house)
        assert await walks.differing(house, found.ends) == [], f"seed {seed}"
        assert await house.broken() == set(), f"seed {seed}"


async def test_a_verb_that_does_nothing_is_noticed(postgres: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house_over(postgres, timeout=8) as house:
        monkeypatch.setattr(walks.refunds, "create", _nothing)
        found = await walks.many(house, 1, 12, {"payment": 1.0})
        assert await walks.differing(house, found.ends) != []
        monkeypatch.setattr(walks.setup_intents, "cancel", _nothing)
        found = await walks.many(house, 2, 12, {"setup": 1.0})
        assert found.astray
        assert all(one.startswith("seed 2, walk ") for one in found.astray)
        shorter = [one.partition("Shorter: setup: ")[2].partition(" was answered")[0] for one in found.astray]
        assert min(filter(None, shorter), key=len).count("(") == 2, "it begins, and is canceled"
