"""The killer: SIGKILL at random times, faults at the acquirers, Redis emptied, hung and killed; the wait for rest."""

import asyncio
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2
import psycopg
from redis import Redis

from tests.stack import Stack

KILLED = ("web", "vault", "worker")


def set_faults(stack: Stack, **wish: Any) -> None:
    """What the acquirers do wrong from now on; nothing when nothing is wished."""
    with httpx2.Client(trust_env=False) as client:
        reply = client.post(f"http://127.0.0.1:{stack.sandbox_port}/control", json={"reset": True, **wish})
    assert reply.status_code == 200, reply.text


@dataclass
class Killer:
    """Kills processes of one stack, each at its own random pace; `kills` counts them."""

    stack: Stack
    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    spared: frozenset[str] = frozenset()
    """Names that are left alone for the time being."""

    async def hunt(self, name: str, shortest: float, longest: float, most: int | None = None) -> None:
        """SIGKILL `name` every `shortest` to `longest` seconds until cancelled; a pause begins when it is there."""
        chance = random.Random(f"{self.seed}-{name}")
        while most is None or self.kills[name] < most:
            await asyncio.sleep(chance.uniform(shortest, longest))
            while not await self._up(name) or name in self.spared:  # it may be spared while we look
                await asyncio.sleep(0.05)
            with suppress(ProcessLookupError):
                self.stack.kill(name)
                self.kills[name] += 1

    async def _up(self, name: str) -> bool:
        """True when it runs, and the web process also answers: killing what has not begun tests nothing."""
        if not self.stack.pid(name):
            return False
        if name != "web":
            return True
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.stack.port)
        except OSError:
            return False
        writer.close()
        return True

    async def all_back(self, seconds: float = 60) -> None:
        """Wait until every process that is killed here runs, and the web process says that it reaches the others."""
        until = time.monotonic() + seconds
        for name in KILLED:
            while not await self._up(name):
                assert time.monotonic() < until, f"{name} did not come back"
                await asyncio.sleep(0.05)
        async with httpx2.AsyncClient(base_url=self.stack.api_base, trust_env=False) as client:
            while not await _ready(client):
                assert time.monotonic() < until, "not ready again"
                await asyncio.sleep(0.05)

    async def take_redis(self, seconds: float) -> tuple[float, float]:
        """FLUSHALL, then Redis hangs for `seconds`, then it is killed. Meanwhile only the worker is killed as well, so
        that what the API then answers is due to Redis alone. Returns when it began and ended, by the loop's clock."""
        self.spared = frozenset({"web", "vault"})
        await self.all_back()
        await asyncio.to_thread(_flush, self.stack.redis_url)
        began = asyncio.get_running_loop().time()
        self.stack.send("redis", signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self.stack.kill("redis")
        self.kills["redis"] += 1
        self.spared = frozenset()
        return began, asyncio.get_running_loop().time()


async def _ready(client: httpx2.AsyncClient) -> bool:
    with suppress(httpx2.TransportError):
        return (await client.get("/readyz")).status_code == 200
    return False


def _flush(url: str) -> None:
    with Redis.from_url(url) as client:
        client.flushall()


def unsettled(stack: Stack) -> list[Any]:
    """What has not come to rest: payments, attempts, keys, events that were not relayed."""
    with psycopg.connect(stack.urls.auditor) as link:
        return link.execute("""
            SELECT 'payment', id, status, '' FROM pay.payment WHERE status = 'processing'
            UNION ALL SELECT 'attempt', id::text, kind || ' ' || status, coalesce(note, '') FROM pay.attempt
             WHERE status IN ('sent', 'unknown', 'manual')
            UNION ALL SELECT 'key', key, recovery_point, '' FROM pay.idempotency WHERE recovery_point <> 'finished'
            UNION ALL SELECT 'outbox', event_id, '', '' FROM pay.outbox WHERE dispatched_at IS NULL""").fetchall()


async def settled(stack: Stack, seconds: float = 90.0) -> tuple[float, list[Any]]:
    """Wait until all is at rest; the seconds it took, and what is still not."""
    began = time.monotonic()
    while (left := unsettled(stack)) and time.monotonic() - began < seconds:
        await asyncio.sleep(0.5)
    return time.monotonic() - began, left
