"""The schema: Alembic runs `versions/`, whose steps are the plain SQL files of `sql/`; then `definitions` brings the
functions and views into force."""

import random
import time
from pathlib import Path

import psycopg

from backend.migrations import definitions, revisions

HERE = Path(__file__).resolve().parent
PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS, _PAUSE_SECONDS_MAX = 0.2, 5.0
_TRY_AGAIN = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


class Busy(Exception):
    """Somebody held what the upgrade needs for as long as it was tried; nothing of that revision was done."""


def upgrade(owner_url: str, revision: str = "head", patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Bring the database that `owner_url` (libpq URI, role farthing_owner) names to `revision`.

    Old processes may go on serving: each revision is one transaction that gives up soon when it has to wait for a
    lock, and is tried again with growing pauses for `patience_seconds`. Raises Busy after that, and
    revisions.WrongRevision when a newer version has upgraded this database.
    """
    with psycopg.connect(owner_url) as link:
        if (link.execute("SELECT to_regclass('core.alembic_version')").fetchone() or [None])[0]:
            revisions.refuse_newer(name for (name,) in link.execute(revisions.QUERY).fetchall())
    until, pause = time.monotonic() + patience_seconds, _PAUSE_SECONDS
    while not _upgraded(owner_url, revision):
        if time.monotonic() > until:
            raise Busy(f"other sessions held the tables for {patience_seconds:.0f} s: end long transactions, then "
                       "migrate again")
        time.sleep(pause * random.uniform(0.5, 1))
        pause = min(pause * 2, _PAUSE_SECONDS_MAX)


def _upgraded(owner_url: str, revision: str) -> bool:
    """One try; False when somebody held a lock for too long. Revisions that were done by then stay done."""
    from alembic import command  # slow to import, and every process imports this package
    from alembic.config import Config
    from sqlalchemy.exc import DBAPIError

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["url"] = owner_url
    try:
        command.upgrade(config, revision)
        if revision == "head":
            definitions.apply(owner_url)
    except (*_TRY_AGAIN, DBAPIError) as error:
        if isinstance(error.orig if isinstance(error, DBAPIError) else error, _TRY_AGAIN):
            return False
        raise
    return True
