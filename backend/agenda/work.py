"""Which environments have which work: one question, whose price does not grow with those that have none."""

from dataclasses import dataclass
from datetime import datetime

from backend.agenda import sql
from backend.context import Runtime
from backend.due.kinds import Kind

_KNOWN = frozenset(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class Work:
    """Something is due in an environment."""

    env: int
    kind: Kind


async def find(runtime: Runtime, now: datetime | None = None) -> list[Work]:
    """All work that is due. What is of a kind that this release does not know is left to those that do."""
    rows = await runtime.db.rows(0, sql.WORK, (now or runtime.clock.now(),))
    return [Work(row["env"], Kind(row["kind"])) for row in rows if row["kind"] in _KNOWN]


async def adopt(runtime: Runtime) -> int:
    """Give every object that waits for a timer one, in all environments; returns how many had none.

    They were made by a process of the release before, while or just before an upgrade. Costs one statement, whose price
    follows the number of objects that wait.
    """
    return int(await runtime.db.call(0, sql.ADOPT))
