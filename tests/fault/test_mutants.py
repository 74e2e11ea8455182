"""Each guard is missed by its test when it is away: a slice here, all of them in `make faults`."""

import os
import shutil
from pathlib import Path

import pytest

from tests.fault.experiments import mutants
from tests.guards import GUARDS, Guard
from tests.stack import ROOT

PARTS = ("api", "backend", "portal", "vault", "workers", "tests")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("tree")
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_the_guard_is_where_the_list_says(guard: Guard, tree: Path) -> None:
    place, aside = tree / guard.place, tree / "aside"
    (shutil.copytree if place.is_dir() else shutil.copy)(place, aside)
    try:
        guard.remove(tree)
        assert (tree / guard.check.partition("::")[0]).exists()
    finally:
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()
        aside.rename(place)


async def test_a_slice_of_the_guards_is_missed_when_away() -> None:
    seed = int(os.environ.get("FARTHING_SEED", "1"))
    told = await mutants.run(seed, quick=True)
    print(f"\nseed {seed}: guards removed {told['n']}, detected {told['detected']}, {told['seconds']} s")
    assert told["verdict"] == "pass", told["why"]
