"""A merchant whose payments the test makes itself: vault and sandbox are real processes, time is the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import psycopg

from backend.context import Context, Environment, Runtime
from backend.customers import customers, payment_methods
from backend.db import Database
from backend.jobs import Doorbell
from backend.networks.breaker import Breakers
from backend.payments import intents
from backend.reconciliation import attempts as reconciler
from backend.reconciliation import invariants, records
from tests import books
from tests.desk import Movable
from tests.stack import Schema
from tests.vaults import ACCOUNT, Vault, vault_over

Row = dict[str, Any]


class Ticks:
    """A monotonic clock for the breakers that is moved by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class House:
    """One merchant, one vault, two acquirers."""

    vault: Vault
    ctx: Context
    clock: Movable
    ticks: Ticks
    server: Any

    async def pay(self, amount: int = 1000, card: str = "pm_card_visa", **more: Any) -> Row:
        return await intents.create(self.ctx, {"amount": amount, "currency": "usd", "confirm": True,
                                               "payment_method": card, **more})

    async def saved(self, card: str = "pm_card_visa") -> Row:
        """A card that can pay many times: the parameters of a payment with it, and with the customer who has it."""
        method = await payment_methods.load(self.ctx, card)
        async with self.ctx.transaction() as tx:
            customer = await customers.create(self.ctx, tx, {})
            await payment_methods.attach(self.ctx, tx, method["id"], customer["id"])
        return {"card": method["id"], "customer": customer["id"]}

    def calm(self) -> None:
        """As after a restart: breakers that know nothing."""
        self.ctx = replace(self.ctx, runtime=replace(self.ctx.runtime, breakers=Breakers(self.ticks)))

    async def settle(self, **which: Any) -> int:
        """One round of the reconciler over everything that is open, long after it was sent."""
        self.clock.move(seconds=3600)
        return await self.ask(**which)

    async def ask(self, **which: Any) -> int:
        """One round of the reconciler over everything that is open, now."""
        self.superuser("UPDATE pay.attempt SET next_check_at = now(), leased_until = NULL "
                       "WHERE status IN ('sent', 'unknown')")
        return await reconciler.settle_due(self.ctx.runtime, self.ctx.env, 500, **which)

    def superuser(self, statement: str) -> None:
        """Do what no role of ours may."""
        with psycopg.connect(books.superuser(self.server, self.vault.urls), autocommit=True) as link:
            link.execute(statement)

    async def rows(self, query: str) -> list[Row]:
        """Read in the merchant's environment; `query` has one place, for the environment."""
        return await self.ctx.db.rows(self.ctx.env, query, (self.ctx.env,))

    async def attempts(self, payment: str | None = None) -> list[Row]:
        rows = await self.rows("SELECT to_jsonb(a) AS row FROM pay.attempt a WHERE env = %s ORDER BY sent_at, number")
        return [row["row"] for row in rows if payment in (None, row["row"]["payment_id"])]

    async def events(self, payment: str) -> list[str]:
        """The types of the events of a payment and of its charges: the payment's own first, in their order."""
        rows = await self.ctx.db.rows(self.ctx.env, """
            SELECT type FROM pay.event e WHERE env = %s AND (object_id = %s OR object_id IN (
              SELECT c.id FROM pay.charge c WHERE c.env = e.env AND c.payment_id = %s))
             ORDER BY object_id = %s DESC, object_seq, type""",
            (self.ctx.env, payment, payment, payment))
        return [row["type"] for row in rows]

    async def journal(self) -> list[Row]:
        async with httpx2.AsyncClient(trust_env=False) as client:
            reply = await client.get(f"http://127.0.0.1:{self.vault.settings.sandbox_port}/journal")
        rows: list[Row] = reply.json()
        return rows

    async def refunds_happen(self) -> None:
        """What a bank still waits with is decided, or comes back, now."""
        before = await self.journal()
        self.vault.control(refund_ms=1)
        while await self.journal() == before:
            await asyncio.sleep(0.02)

    async def sales(self) -> list[Row]:
        """The messages that took, or would take, money: at both acquirers."""
        return [row for row in await self.journal() if row["kind"] in ("sale", "authorize")
                and row["status"] == "approved"]

    async def broken(self) -> set[str]:
        """The invariants that do not hold. Nobody relays events here, so X1 is left out."""
        await records.take(self.vault.urls.owner, self.vault.urls.auditor, await self.journal())
        found = await invariants.run(self.vault.urls.auditor, self.vault.urls.vault)
        return {one.check.id for one in found} - {"X1"}


@asynccontextmanager
async def house_over(postgres: Schema, timeout: float = 1.0, **environment: str) -> AsyncIterator[House]:
    """A house on a database of its own; `environment` are settings of vault and sandbox, and so of ours."""
    with vault_over(postgres, ACQUIRER_TIMEOUT_SECONDS=str(timeout), **environment) as vault:
        vault.start()
        db, link, clock, ticks = Database(vault.urls.app, name="tests"), vault.link(), Movable(), Ticks()
        runtime = Runtime(vault.settings, db, link, Doorbell(""), b"-" * 32, clock, breakers=Breakers(ticks))
        await db.open()
        try:
            ctx = Context(runtime=runtime, environment=Environment(vault.env, ACCOUNT, "Test"))
            yield House(vault, ctx, clock, ticks, postgres.server)
        finally:
            await link.close()
            await db.close()
