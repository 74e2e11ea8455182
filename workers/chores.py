"""Housekeeping of the installation: timers of environment 0, so that one worker of all does each chore when it is due.

Each is harmless at any time. All of them are done when a worker starts, and when one sees that the clock was set back.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from backend.accounts import environments
from backend.agenda import work
from backend.context import Runtime
from backend.due import timers
from backend.due.kinds import Kind
from backend.due.timers import Timer
from backend.reconciliation import due_times
from backend.requests import idempotency, writer
from backend.risk import brakes

log = structlog.get_logger(__name__)

INSTALLATION = 0


@dataclass(frozen=True, slots=True)
class Chore:
    """What is done every so many seconds."""

    seconds: float
    do: Callable[[Runtime], Awaitable[object]]


async def _bound(runtime: Runtime) -> None:
    await due_times.bound(runtime, await environments.all_ids(runtime))


CHORES: Mapping[str, Chore] = {
    "keys": Chore(300, idempotency.reap),
    "brakes": Chore(300, brakes.forget),
    "request_days": Chore(3600, writer.keep_days),
    "timers": Chore(600, work.adopt),
    "due_times": Chore(86_400, _bound),
}
"""None of them asks in every environment but the last, which is only needed when a clock was wrong."""


async def all_at_once(runtime: Runtime) -> None:
    """Make every chore due now; also gives a new release's chores their first timers."""
    await timers.at_once(runtime, INSTALLATION, Kind.CHORE, CHORES)


async def do(runtime: Runtime, env: int) -> bool:
    """Do the chores that are due."""
    for timer in await timers.take(runtime, env, Kind.CHORE, len(CHORES)):
        await _guarded(runtime, timer)
    return False


async def _guarded(runtime: Runtime, timer: Timer) -> None:
    chore = CHORES.get(timer.object_id)
    if chore is None:  # of a later release, whose workers do it; of an earlier one, when there are none of those
        return
    try:
        await chore.do(runtime)
        await timers.put_off(runtime, timer, runtime.clock.now() + timedelta(seconds=chore.seconds))
    except Exception:  # one must not hold up the others; its lease runs out and it is done again
        log.exception("chore_failed", chore=timer.object_id)
