"""Rounds: per environment one piece of work at a time, however often its bell rings meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

Work = Callable[[int], Awaitable[bool]]
"""Does one round for an environment; True asks for another round at once."""


class Rounds:
    """Runs `work(env)` for every environment whose bell rang; at most `together` environments at a time.

    A bell during a round causes one more round after it, never a second one beside it.
    """

    def __init__(self, name: str, work: Work, *, together: int = 8) -> None:
        self._name, self._work = name, work
        self._rung: set[int] = set()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(together)
        self._closing = False

    def ring(self, env: int) -> None:
        """Note that `env` has work; from the event loop only."""
        if self._closing:
            return
        self._rung.add(env)
        if env not in self._running:
            self._running[env] = asyncio.create_task(self._run(env), name=f"{self._name}-{env}")

    async def close(self) -> None:
        """Take no more bells; wait until the rounds that run are done."""
        self._closing = True
        await asyncio.gather(*self._running.values())

    async def _run(self, env: int) -> None:
        try:
            async with self._places:
                while env in self._rung:
                    self._rung.discard(env)
                    if await self._work(env) and not self._closing:
                        self._rung.add(env)
        except Exception:  # PostgreSQL away, or our mistake: the sweeper rings again
            log.exception("round_failed", work=self._name, env=env)
        finally:
            del self._running[env]
            if env in self._rung and not self._closing:  # rang between the last look and here
                self.ring(env)
