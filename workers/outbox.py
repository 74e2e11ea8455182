"""The relay's job: outbox to deliveries, and the verbs of ours that hear of an event before merchants do."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from backend import crash
from backend.accounts import environments
from backend.checkout_sessions import sessions
from backend.context import Context, Runtime
from backend.events import outbox
from backend.events.outbox import Subscriber
from backend.events.reactions import Reaction

Verb = Callable[[Context, str], Awaitable[None]]
"""Called with the id of the event's object; must be idempotent, for it may hear of an event more than once."""

REACTIONS: Mapping[Reaction, Verb] = {
    Reaction.SETTLE_SESSION: sessions.settle,
}


class Relay:
    """Answers the bell `outbox`; `deliver` is rung with the environment when deliveries were made."""

    def __init__(self, runtime: Runtime, deliver: Callable[[int], None]) -> None:
        self._runtime, self._deliver = runtime, deliver
        self._modes: dict[int, bool] = {}
        self._subscribers: dict[Reaction, Subscriber] = {one: partial(self._tell, verb)
                                                         for one, verb in REACTIONS.items()}

    async def dispatch(self, env: int) -> bool:
        """One batch; True while there may be more."""
        if crash.armed:
            await crash.reached("relay_dequeued")
        if env not in self._modes:
            self._modes[env] = (await environments.get(self._runtime, env))["mode"] == "live"
        done = await outbox.dispatch(self._runtime, env, livemode=self._modes[env], subscribers=self._subscribers)
        if crash.armed and done.events:
            await crash.reached("relay_committed")
        if done.deliveries:
            self._deliver(env)
        return done.events >= outbox.BATCH

    async def _tell(self, verb: Verb, env: int, type: str, object_id: str, obj: dict[str, Any]) -> None:
        await verb(await environments.context(self._runtime, env, actor="worker"), object_id)


async def dispatch(runtime: Runtime, env: int, id: str = "") -> None:
    """The job by its name, for one environment: dispatch until the outbox is empty."""
    relay = Relay(runtime, lambda env: runtime.doorbell.ring("webhooks", env))
    while await relay.dispatch(env):
        pass
