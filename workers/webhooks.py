"""The delivery job: takes due deliveries and sends them side by side, so that a slow receiver delays only itself."""

import asyncio
from collections import Counter
from collections.abc import Callable

import structlog

from backend import crash
from backend.context import Runtime
from backend.payments import charges
from backend.refunds import refunds
from backend.webhooks import deliveries
from backend.webhooks.deliveries import EACH_MAX, Claimed
from backend.webhooks.egress import Egress, guarded

log = structlog.get_logger(__name__)

TOGETHER_MAX = 64
"""Deliveries in flight in this process."""

ENVIRONMENT_MAX = 32
"""Of these, for one environment (attack A34)."""

FAILING_MAX = 16
"""Above this number no more are begun to endpoints that keep failing: receivers that hang cannot take all places."""

LISTS = {("charge", "refunds"): refunds.of_charges, ("payment_intent", "charges"): charges.of_intents}
"""What endpoints of old API versions find inside an object."""


class Sender:
    """Answers the bell `webhooks`. `again` is rung with an environment that may have more when a place is free."""

    def __init__(self, runtime: Runtime, egress: Egress, again: Callable[[int], None]) -> None:
        self._runtime, self._egress, self._again = runtime, egress, again
        self._endpoints: Counter[tuple[int, str]] = Counter()
        self._environments: Counter[int] = Counter()
        self._failing = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._wanting: set[int] = set()

    async def deliver(self, env: int) -> bool:
        """Start what there is room for; never waits for a receiver, so it asks for no further round itself."""
        if crash.armed:
            await crash.reached("delivery_dequeued")
        room = min(TOGETHER_MAX - self._endpoints.total(), ENVIRONMENT_MAX - self._environments[env])
        self._wanting.add(env)
        if room <= 0:
            return False
        busy = {id: EACH_MAX - count for (of, id), count in self._endpoints.items() if of == env}
        claimed = await deliveries.claim(self._runtime, env, limit=room, free=busy,
                                         failing=self._failing < FAILING_MAX, lists=LISTS)
        if crash.armed and claimed:
            await crash.reached("delivery_leased")
        for one in claimed:
            self._start(one)
        taken = Counter(one.endpoint_id for one in claimed)
        full = any(count >= busy.get(id, EACH_MAX) for id, count in taken.items())
        saturated = any(places <= 0 for places in busy.values())
        if len(claimed) < room and not full and not saturated:
            self._wanting.discard(env)
        return False

    def _start(self, claimed: Claimed) -> None:
        self._endpoints[claimed.env, claimed.endpoint_id] += 1
        self._environments[claimed.env] += 1
        self._failing += claimed.failing
        task = asyncio.create_task(self._send(claimed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, claimed: Claimed) -> None:
        try:
            sent = await deliveries.send(self._runtime, self._egress, claimed)
            if crash.armed:
                await crash.reached("delivery_done")
            await deliveries.finish(self._runtime, sent)
            if crash.armed:
                await crash.reached("delivery_committed")
        except Exception:  # PostgreSQL away, a damaged secret: the lease runs out and the sweeper rings again
            log.exception("delivery_failed", env=claimed.env, delivery=claimed.id)
        finally:
            self._leave(claimed)

    def _leave(self, claimed: Claimed) -> None:
        """Give the place back, and tell those who wait for one."""
        crowded = self._endpoints.total() >= TOGETHER_MAX
        self._endpoints[claimed.env, claimed.endpoint_id] -= 1
        self._environments[claimed.env] -= 1
        self._failing -= claimed.failing
        self._endpoints, self._environments = +self._endpoints, +self._environments
        for env in list(self._wanting) if crowded else self._wanting & {claimed.env}:
            self._again(env)

    async def close(self) -> None:
        """Wait for what is in flight: at most the timeout of one delivery."""
        await asyncio.gather(*self._tasks)


async def deliver(runtime: Runtime, env: int, id: str = "") -> None:
    """The job by its name: one delivery, or whatever is due in the environment, once."""
    egress = guarded(runtime.settings)
    try:
        for claimed in await deliveries.claim(runtime, env, limit=ENVIRONMENT_MAX, only=id or None, lists=LISTS):
            await deliveries.finish(runtime, await deliveries.send(runtime, egress, claimed))
    finally:
        await egress.close()
