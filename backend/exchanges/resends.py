"""What was asked for is carried through: a lost message is sent again under its own key.

Whether it may is its subject's word: a message that needs no security code, whose merchant has not been told no. The
acquirer takes a network key once however often it comes. A payment itself is never sent a second time.
"""

from typing import Any

from backend.context import Context
from backend.exchanges import attempts, engine
from backend.exchanges.rows import Attempt
from backend.exchanges.subject import Subject

Row = dict[str, Any]

SENDS_MAX = 20
"""How often: by the reconciler's schedule about four hours, far within the life of a key at any acquirer."""


async def possible(ctx: Context, subject: Subject, attempt: Attempt) -> bool:
    """Whether a message that the acquirer does not have may still do what it was to do."""
    if attempt.cancel_sent_at is not None or (attempt.sent_again or 0) >= SENDS_MAX:
        return False
    return await subject.goes_again(ctx, attempt)


async def send(ctx: Context, subject: Subject, attempt: Attempt) -> Row | None:
    """Count it, hold the lease, and send the same message once more; None when somebody else has the attempt by now."""
    if not await attempts.begin_again(ctx, attempt, SENDS_MAX):
        return None
    return await engine.send(ctx, subject, attempt)
