"""One worker process: an event loop with the ear, the sweeper, and the rounds they ring."""

import asyncio
from functools import partial

import structlog

from backend.context import Runtime
from backend.due.kinds import Kind
from backend.jobs import Ear
from backend.webhooks.egress import Egress
from workers import audit, kinds, mail, reconcile
from workers.outbox import Relay
from workers.rounds import Rounds
from workers.schedule import Sweeper
from workers.webhooks import Sender

log = structlog.get_logger("worker")


class Process:
    """The parts of a worker, put together; `run` works until `stop` is set and then finishes what is in flight."""

    def __init__(self, runtime: Runtime, egress: Egress) -> None:
        self._sender = Sender(runtime, egress, lambda env: self._webhooks.ring(env))
        self._webhooks = Rounds("webhooks", self._sender.deliver)
        self._outbox = Rounds("outbox", Relay(runtime, self._webhooks.ring).dispatch)
        self._reconcile = [Rounds(f"reconcile {pool}", partial(_settle, runtime, pool))
                           for pool in reconcile.pools(runtime)]
        self._mail = Rounds("mail", partial(mail.deliver, runtime))
        self._timers = {kind: Rounds(kind.value, partial(handler, runtime)) for kind, handler in kinds.TIMERS.items()}
        self._bells = {Kind.OUTBOX: self._outbox.ring, Kind.WEBHOOKS: self._webhooks.ring,
                       Kind.RECONCILE: self._ring_reconcile, Kind.MAIL: self._mail.ring,
                       **{kind: rounds.ring for kind, rounds in self._timers.items()}}
        self._sweeper = Sweeper(runtime, self._bells)
        self._runtime = runtime
        self._ear = Ear(runtime.settings.redis_url, self._answer)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`. What a lease still covers when the process is killed is done again by another."""
        self._ear.start()
        finished = asyncio.Event()
        sealing = asyncio.create_task(audit.seal(self._runtime, finished))
        log.info("ready")
        await self._sweeper.run(stop)
        log.info("stopping")
        await self._ear.close()
        for rounds in (self._outbox, *self._reconcile, *self._timers.values(), self._mail, self._webhooks):
            await rounds.close()
        await self._sender.close()
        finished.set()
        await sealing

    def _ring_reconcile(self, env: int) -> None:
        for rounds in self._reconcile:
            rounds.ring(env)

    def _answer(self, job: str, env: int, id: str) -> None:
        self._bells[Kind(job)](env)


async def _settle(runtime: Runtime, pool: str, env: int) -> bool:
    return await reconcile.settle(runtime, env, pool)
