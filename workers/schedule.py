"""The sweeper: every second it reads from PostgreSQL who has work, so nothing depends on a bell (money rule 10)."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from backend.agenda import work
from backend.context import Runtime
from backend.due.kinds import Kind
from backend.reconciliation.due_times import SLACK_SECONDS
from workers import chores

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 1.0
PAUSE_SECONDS_MAX = 10.0


class Sweeper:
    """Rings the bell of each kind of work for every environment in which some is due."""

    def __init__(self, runtime: Runtime, bells: Mapping[Kind, Callable[[int], None]]) -> None:
        self._runtime, self._bells = runtime, bells
        self._latest: datetime | None = None

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
        await self._mind_the_clock()
        for found in await work.find(self._runtime):
            self._bells[found.kind](found.env)

    async def _mind_the_clock(self) -> None:
        """At the first look, and when the clock was set back since the last one, every chore is due: one of them ends
        what would wait until the clock has caught up."""
        now = self._runtime.clock.now()
        if self._latest is None or (self._latest - now).total_seconds() > SLACK_SECONDS:
            await chores.all_at_once(self._runtime)
        self._latest = now
