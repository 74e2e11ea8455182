"""Each kind of work that comes due in an environment, and the backend's verb that does it."""

from collections.abc import Awaitable, Callable, Mapping

from backend.checkout_sessions import expiry
from backend.context import Runtime
from backend.due.kinds import Kind
from backend.ledger import balance_transactions
from backend.payment_links import expiry as links
from backend.payments.holds import capture_window
from backend.reconciliation import undoings
from workers import chores

BATCH = 20
FUNDS_BATCH = 50
"""A batch holds the locks of the merchant's accounts, which every payment of theirs wants, for some milliseconds."""

Handler = Callable[[Runtime, int], Awaitable[bool]]
"""Does a batch of what is due in an environment; True while there may be more."""
Verb = Callable[[Runtime, int, int], Awaitable[int]]
"""Called as (runtime, env, limit): does up to `limit` of what is due; returns how many were."""


def _batch(verb: Verb, limit: int = BATCH) -> Handler:
    """A noun's verb as a handler."""
    async def handle(runtime: Runtime, env: int) -> bool:
        return await verb(runtime, env, limit) >= limit
    return handle


TIMERS: Mapping[Kind, Handler] = {
    Kind.CAPTURE_WINDOW: _batch(capture_window.void_due),
    Kind.SESSION: _batch(expiry.expire_due),
    Kind.PAYMENT_LINK: _batch(links.close_due),
    Kind.FUNDS: _batch(balance_transactions.release, FUNDS_BATCH),
    Kind.UNDOING: _batch(undoings.undo_due),
    Kind.CHORE: chores.do,
}
"""The queues (outbox, webhooks, reconcile, mail) have workers of their own, which remember what is in flight."""
