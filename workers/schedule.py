"""The sweeper: every second it reads from PostgreSQL who has work, so nothing depends on a bell (money rule 10)."""

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog

from backend.accounts import environments
from backend.checkout_sessions import sessions
from backend.context import Runtime
from backend.events import outbox
from backend.reconciliation import due_times
from backend.requests import idempotency, writer
from backend.risk import brakes

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 1.0
HOUSEKEEPING_SECONDS = 60.0
PAUSE_SECONDS_MAX = 10.0


class Sweeper:
    """Rings `outbox`, `webhooks` and `reconcile` for every environment in which such work is due.

    Once a minute it also rings `capture_window` and `funds` for all, ends waits that are longer than any schedule,
    closes checkout sessions past their time and forgets idempotency keys, counters of the brake and logged requests
    past theirs.
    """

    def __init__(self, runtime: Runtime, bells: Mapping[str, Callable[[int], None]]) -> None:
        self._runtime, self._bells = runtime, bells
        self._housekeeping_after = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until `stop`; while PostgreSQL is away, ever more rarely, up to every ten seconds."""
        pause = SWEEP_SECONDS
        while not stop.is_set():
            try:
                await self.sweep()
                pause = SWEEP_SECONDS
            except Exception as error:
                pause = min(pause * 2, PAUSE_SECONDS_MAX)
                log.warning("sweep_failed", error=type(error).__name__, again_in_seconds=pause)
            try:  # several workers should not sweep in step
                await asyncio.wait_for(stop.wait(), pause * self._runtime.random.uniform(0.9, 1.1))
            except TimeoutError:
                continue

    async def sweep(self) -> None:
        """Look once."""
        for work in await outbox.find_work(self._runtime):
            for due, job in ((work.outbox, "outbox"), (work.deliveries, "webhooks"), (work.attempts, "reconcile")):
                if due:
                    self._bells[job](work.env)
        if time.monotonic() >= self._housekeeping_after:
            self._housekeeping_after = time.monotonic() + HOUSEKEEPING_SECONDS
            everybody = await environments.all_ids(self._runtime)
            for env in everybody:
                self._bells["capture_window"](env)
                self._bells["funds"](env)
            await due_times.bound(self._runtime, everybody)
            await sessions.expire_due(self._runtime)
            await idempotency.reap(self._runtime, everybody)
            await brakes.forget(self._runtime, everybody)
            await writer.keep_days(self._runtime)
