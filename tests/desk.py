"""A backend without processes for webhook tests: a fresh database, a merchant, a clock that can be moved."""

import os
import random
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend.accounts import environments
from backend.config import Settings
from backend.context import Context, Environment, Runtime
from backend.db import Database
from backend.events import events
from backend.events.reactions import Reaction
from backend.jobs import Doorbell
from backend.networks.link import VaultLink
from tests.stack import Schema


class Movable:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at

    def move(self, **delta: float) -> None:
        self.at += timedelta(**delta)


@dataclass
class Desk:
    """A merchant's environment and what acts in it."""

    runtime: Runtime
    ctx: Context
    clock: Movable
    numbers: int = 0

    async def happen(self, type: str = "charge.succeeded", id: str | None = None, *,
                     concerns: Collection[Reaction] = (), **fields: object) -> str:
        """Something happens to an object; returns the event's id."""
        self.numbers += 1
        obj = {"id": id or f"ch_{self.numbers}", "object": "charge", "name": "Zoë ☂", **fields}
        async with self.ctx.transaction() as tx:
            return await events.record(self.ctx, tx, type, obj, concerns=concerns)

    async def rows(self, query: str, *values: object) -> list[dict]:
        return await self.runtime.db.rows(self.ctx.env, query, values)

    async def merchant(self, mode: str = "test") -> "Desk":
        """Another merchant on the same database."""
        async with self.runtime.db.everywhere() as tx:
            account = await environments.create_account(tx, "Shop")
            env = await environments.create(tx, account, mode)
        ctx = replace(self.ctx, environment=Environment(env, account, livemode=mode == "live"))
        return Desk(self.runtime, ctx, self.clock)


@asynccontextmanager
async def desk(postgres: Schema, folder: Path, *, redis_url: str = "", seed: int = 1) -> AsyncIterator[Desk]:
    """A desk on a database of its own."""
    urls = postgres.fresh()
    (folder / "secrets").mkdir(parents=True, exist_ok=True)
    key = folder / "secrets" / "webhook.key"
    if not key.exists():
        descriptor = os.open(key, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, os.urandom(32))
        os.close(descriptor)
    settings = Settings().model_copy(update={
        "data": folder, "app_database_url": urls.app, "redis_url": redis_url, "allow_private_webhooks": True})
    clock = Movable()
    runtime = Runtime(settings, Database(urls.app, name="tests"), VaultLink("127.0.0.1", 1, b"-" * 32),
                      Doorbell(redis_url), b"-" * 32, clock, random.Random(seed))
    await runtime.db.open()
    try:
        ctx = Context(runtime=runtime, environment=Environment(0))
        yield await Desk(runtime, ctx, clock).merchant()
    finally:
        await runtime.doorbell.close()
        await runtime.db.close()
        postgres.drop(urls)
