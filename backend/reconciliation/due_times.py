"""Nothing waits longer than its own schedule says, also after the system's clock was set back.

What is due in a moment would else wait until the clock has caught up: a payment without an answer for a day. When a
worker sees the clock go back, when it starts, and once a day, it looks for times that lie further ahead than the
longest step that could have led to them, and for leases that are longer than any lease; they are over now. Ends that
somebody has named (of a session, a link, a key) are moments and stay where they are.
"""

from collections.abc import Iterable

import orjson
import structlog

from backend.context import Runtime
from backend.due import timers
from backend.exchanges.attempts import LEASE_SECONDS
from backend.reconciliation import sql
from backend.reconciliation.attempts import LAST_PAUSE_SECONDS
from backend.reconciliation.refunds import WAIT_SECONDS_MAX, WATCH_SECONDS
from backend.webhooks import deliveries, schedule

log = structlog.get_logger(__name__)

SLACK_SECONDS = 60.0
"""Clocks of two machines may differ by this, and a corrected clock by as much is none that was set back."""


async def bound(runtime: Runtime, everybody: Iterable[int]) -> int:
    """Make due what waits too long, in every environment; returns how many rows that were. Running it twice is
    harmless."""
    found, longest = 0, _longest(runtime)
    for env in everybody:
        given = {"env": env, "now": runtime.clock.now(), "business": runtime.clock_of(env).now(), **longest}
        rows = await runtime.db.rows(env, sql.DUE_TIMES_BOUND, given)
        if rows and (moved := sum(rows[0].values())):
            log.warning("clock_was_set_back", env=env, **rows[0])
            found += moved
    return found


def _longest(runtime: Runtime) -> dict[str, float | str]:
    """The longest step of everything that waits, in seconds."""
    more = 1 + schedule.JITTER
    steps = {name: [delay * more for delay in (*profile.delays, 0)] for name, profile in schedule.PROFILES.items()}
    windows: dict[str, int] = {}
    for budgets in runtime.settings.decline_budget_table.values():
        for kind, budget in budgets.items():
            windows[kind] = max(windows.get(kind, 0), budget.seconds)
    return {"slack": SLACK_SECONDS, "lease": LEASE_SECONDS, "attempt": LAST_PAUSE_SECONDS, "refund": WAIT_SECONDS_MAX,
            "watch": WATCH_SECONDS[-1], "sending": deliveries.LEASE_SECONDS,
            "timer": timers.LEASE_SECONDS,
            "asked": schedule.RETRY_AFTER_MAX.total_seconds(), "steps": orjson.dumps(steps).decode(),
            "windows": orjson.dumps(windows).decode()}
