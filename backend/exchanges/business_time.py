"""The clock of a test environment is set: what is under way travels along."""

from datetime import datetime

from backend.accounts import clocks
from backend.db import Connection
from backend.exchanges import attempts


async def move(tx: Connection, env: int, now: datetime, moment: datetime) -> None:
    """Set the clock of `env` to `moment`, from where it goes on; see `clocks.move`.

    The age of a message without an answer decides what its silence means, and stays what it is: it was sent so much
    later.
    """
    jump = await clocks.move(tx, env, now, moment)
    await attempts.travel(tx, env, jump)
