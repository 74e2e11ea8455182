"""What was asked of an authorisation or a payment is carried through: a lost message is sent again under its own key.

Only a capture, void, increment or refund: it needs no security code, its merchant has not been told no, and the
acquirer takes a network key once however often it comes. A payment itself is never sent a second time.
"""

from backend.context import Context
from backend.payments import attempt_rows, attempts, capture_window, sql
from backend.payments.attempts import Row
from backend.payments.open_attempts import LEASE_SECONDS
from backend.payments.rows import Attempt

KINDS = ("increment", "capture", "void", "refund")
SENDS_MAX = 20
"""How often: by the reconciler's schedule about four hours, far within the life of a key at any acquirer."""


async def possible(ctx: Context, attempt: Attempt) -> bool:
    """Whether a message that the acquirer does not have may still do what it was to do."""
    often = attempt.sent_again or 0
    if attempt.kind not in KINDS or attempt.cancel_sent_at is not None or often >= SENDS_MAX:
        return False
    if attempt.kind == "refund":
        return True
    won = await attempt_rows.won(ctx, attempt.of_payment)
    return won is not None and (attempt.kind == "void" or capture_window.is_open(ctx, won))


async def send(ctx: Context, attempt: Attempt) -> Row | None:
    """Count it, hold the lease, and send the same message once more; None when somebody else has the attempt by now."""
    args = (LEASE_SECONDS, ctx.env, attempt.id, attempt.check_no, SENDS_MAX)
    if await ctx.db.execute(ctx.env, sql.ATTEMPT_AGAIN, args) != 1:
        return None
    step = await attempts.read(ctx, attempt.of_payment)
    assert step
    return await attempts.send(ctx, step, attempt)
