"""Each kind of work that comes due in an environment, and the backend's verb that does it."""

from collections.abc import Awaitable, Callable, Mapping

from backend.checkout_sessions import expiry
from backend.context import Runtime
from backend.due.kinds import Kind
from backend.ledger import balance_transactions
from backend.payments.holds import capture_window
from workers import chores

BATCH = 20
FUNDS_BATCH = 50
"""A batch holds the locks of the merchant's accounts, which every payment of theirs wants, for some milliseconds."""

Handler = Callable[[Runtime, int], Awaitable[bool]]
"""Does a batch of what is due in an environment; True while there may be more."""


async def _void(runtime: Runtime, env: int) -> bool:
    return await capture_window.void_due(runtime, env, BATCH) >= BATCH


async def _expire(runtime: Runtime, env: int) -> bool:
    return await expiry.expire_due(runtime, env, BATCH) >= BATCH


async def _release(runtime: Runtime, env: int) -> bool:
    return await balance_transactions.release(runtime, env, FUNDS_BATCH) >= FUNDS_BATCH


TIMERS: Mapping[Kind, Handler] = {
    Kind.CAPTURE_WINDOW: _void,
    Kind.SESSION: _expire,
    Kind.FUNDS: _release,
    Kind.CHORE: chores.do,
}
"""The queues (outbox, webhooks, reconcile) have workers of their own, which remember what is in flight."""
