"""What turns the matrix red: a payment recorded after its call, an outcome applied whoever's the attempt is."""

from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.fault.experiments import matrix
from tests.fault.experiments.matrix import STALLED, Cell

_PATCHES = Path(__file__).parent / "patches"
_SENT_CONDITION = "AND a.check_no = x.check_no AND a.status IN ('sent', 'unknown')"


@dataclass(frozen=True)
class Mutant:
    """One guard removed, and the cells that must turn red by it."""

    name: str
    guard: str
    point: str
    outcomes: tuple[str, ...]
    first_amount: int
    in_database: bool = False

    def cells(self, seed: int) -> list[Cell]:
        """Fresh cells, which are green with the guard."""
        return [Cell("payment", self.point, "web", outcome, self.first_amount + number, f"{seed}-{self.name}-{number}")
                for number, outcome in enumerate(self.outcomes)]

    async def red(self, seed: int) -> list[Cell]:
        """The cells that turned red without the guard."""
        wanted = self.cells(seed)
        async with matrix.ground(MUTANT=self.name, PYTHONPATH=str(_PATCHES)) as ground:
            if self.in_database:
                _forget_condition(ground.stack.urls.owner)
            await ground.run(wanted)
        return [cell for cell in wanted if cell.wrong]


def mutants() -> list[Mutant]:
    """The guards that the matrix watches."""
    return [Mutant("call_first", "the attempt is on disk before the message leaves", "call_answered",
                   ("approve", "approve_silent", "answer_twice"), 5000),
            Mutant("blind", "an outcome is applied only while the attempt is still ours", STALLED,
                   ("approve", "approve_silent", "drop"), 5100, in_database=True)]


def _forget_condition(owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as link:
        row = link.execute("SELECT pg_get_functiondef('pay.payment_write'::regproc)").fetchone()
        assert row
        assert row[0].count(_SENT_CONDITION) == 1, "the guard reads otherwise now"
        link.execute(row[0].replace(_SENT_CONDITION, ""))
