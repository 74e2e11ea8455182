"""Every kind of message, and how what it is about is read: all that the reconciler knows of nouns."""

from collections.abc import Awaitable, Callable, Mapping

from backend.context import Context
from backend.customers import verifications
from backend.exchanges.rows import Attempt
from backend.exchanges.subject import Subject
from backend.payments import steps as payments
from backend.refunds import steps as refunds

SUBJECTS: Mapping[str, Callable[[Context, Attempt], Awaitable[Subject]]] = {
    **dict.fromkeys(("authorize", "sale", "increment", "capture", "void"), payments.of),
    "refund": refunds.of,
    "verify": verifications.of,
}


async def of(ctx: Context, attempt: Attempt) -> Subject:
    """What a message is about, as it is now."""
    return await SUBJECTS[attempt.kind](ctx, attempt)
