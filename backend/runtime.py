"""Opens the long-lived parts of a process of the app role: web, workers and the seed use the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backend import crash
from backend.accounts import clocks
from backend.config import Settings
from backend.context import Runtime
from backend.db import Database
from backend.jobs import Doorbell
from backend.migrations import revisions
from backend.networks.link import VaultLink

VAULT_HOST = "127.0.0.1"


@asynccontextmanager
async def opened(settings: Settings, name: str) -> AsyncIterator[Runtime]:
    """A Runtime that is open for the length of the block. `name` is what PostgreSQL shows of our connections.

    Raises revisions.WrongRevision when the database is not at this code's newest revision.
    """
    crash.install(name, settings.crash_at)
    db = Database(settings.app_database_url, pool_size=settings.database_pool_size, name=f"farthing-{name}")
    link = VaultLink(VAULT_HOST, settings.vault_link_port, settings.secret("vault-link"))
    doorbell = Doorbell(settings.redis_url)
    try:
        await db.open()
        await revisions.require(db.rows)
        runtime = Runtime(settings, db, link, doorbell, settings.secret("network"))
        await clocks.learn(runtime)
        following = asyncio.create_task(clocks.follow(runtime), name="clocks")
        try:
            yield runtime
        finally:
            following.cancel()
    finally:
        await doorbell.close()
        await link.close()
        await db.close()
