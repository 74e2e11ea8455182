"""A sealer without processes, for tests of the audit trail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from backend.audit.sealer import Sealer
from backend.config import Settings
from backend.context import Runtime
from backend.db import Database
from backend.jobs import Doorbell
from backend.networks.link import VaultLink
from backend.stack import roles


@asynccontextmanager
async def sealer(urls: roles.Urls, file: Path) -> AsyncIterator[Sealer]:
    """A sealer on a database of its own, in the role that the worker has."""
    settings = Settings().model_copy(update={"audit_heads": str(file)})
    database, doorbell = Database(urls.app, pool_size=8, name="sealer"), Doorbell("")
    await database.open()
    try:
        yield Sealer(Runtime(settings, database, VaultLink("127.0.0.1", 1, b"-" * 32), doorbell, b"-" * 32))
    finally:
        await doorbell.close()
        await database.close()
