"""The crash matrix, as a slice: payments killed at crash points while the acquirers do their worst; and its guards.

Replay with FARTHING_SEED=<seed>.
"""

import os
import random

import pytest

from tests.fault.experiments import matrix, matrix_mutants
from tests.fault.experiments.matrix_mutants import Mutant


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("FARTHING_SEED") or random.SystemRandom().randrange(1_000_000))


async def test_thirty_cells_of_the_crash_matrix_converge(seed: int) -> None:
    """And those that turn red below, which are green with their guards."""
    print()
    guarded = [cell for mutant in matrix_mutants.mutants() for cell in mutant.cells(seed)]
    found = await matrix.run_cells(seed, matrix.slice_of(seed) + guarded)
    assert found["runs"] == 30 + len(guarded)
    assert found["passed"] == found["n"], found


@pytest.mark.parametrize("mutant", matrix_mutants.mutants(), ids=lambda one: one.name)
async def test_the_matrix_turns_red_without_its_guards(mutant: Mutant, seed: int) -> None:
    print()
    red = await mutant.red(seed)
    assert red, f"nobody noticed that this guard is gone: {mutant.guard}"


def test_the_whole_matrix_has_every_point_with_every_outcome() -> None:
    whole = matrix.cells(1, "payment", matrix.ORDER, matrix.OUTCOMES, 1)
    assert set(matrix.ORDER) == set(matrix.crash.PAYMENT)
    assert len({(cell.point, cell.outcome) for cell in whole}) == 14 * 9 == 126
    assert len({cell.amount for cell in whole}) == len(whole)
