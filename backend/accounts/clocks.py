"""The clocks of test environments: business time that somebody has set ahead of the system's.

Every process learns of them once a second, so a change is in force everywhere within that time.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import structlog

from backend.accounts import sql
from backend.context import Runtime
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound

log = structlog.get_logger(__name__)

LEARN_SECONDS = 1.0


async def read(tx: Connection, env: int, now: datetime) -> datetime:
    """What the clock of an environment says while the system's says `now`."""
    ahead: timedelta = (await _row(tx, env))["clock_ahead"] or timedelta()
    return now + ahead


async def move(tx: Connection, env: int, now: datetime, moment: datetime) -> timedelta:
    """Set the clock of a test environment so that it says `moment` while the system's says `now`, and goes on from
    there; returns how far it jumped. The transaction is bound to the environment from then on.

    Raises InvalidRequest for a live environment, and for a moment that is over: a ledger has no way back.
    """
    row = await _row(tx, env, lock=True)
    if row["mode"] == "live":
        raise InvalidRequest("The clock of a live environment cannot be set.", param="environment")
    jump: timedelta = moment - now - (row["clock_ahead"] or timedelta())
    if jump < timedelta():
        raise InvalidRequest(f"A clock only goes forward, and this one says {moment - jump:%Y-%m-%dT%H:%M:%S%z}.",
                             param="moment")
    await tx.execute(sql.KEY_BIND, {"env": str(env)})
    await tx.execute(sql.CLOCK_SET, {"env": env, "ahead": moment - now})
    return jump


async def _row(tx: Connection, env: int, *, lock: bool = False) -> dict[str, Any]:
    found = (await tx.execute(sql.CLOCK_LOCK if lock else sql.CLOCK_GET, {"env": env})).mappings().one_or_none()
    if found is None:
        raise NotFound("environment", str(env))
    return dict(found)


async def learn(runtime: Runtime) -> None:
    """Read all clocks that are set; there are few."""
    rows = await runtime.db.rows(0, sql.CLOCKS)
    runtime.clocks.ahead = {row["env"]: row["ahead"] for row in rows}


async def follow(runtime: Runtime) -> None:
    """Go on learning until cancelled; while PostgreSQL is away the last that was known holds."""
    while True:
        await asyncio.sleep(LEARN_SECONDS)
        try:
            await learn(runtime)
        except Exception as error:
            log.debug("clocks_not_learned", error=type(error).__name__)
