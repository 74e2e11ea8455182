"""Attempts whose outcome is not known yet: lease those that are due, put one off to the next step of its schedule."""

from collections.abc import Collection

from backend.context import Context
from backend.payments import sql
from backend.payments.rows import Attempt

LEASE_SECONDS = 45.0
"""Longer than a settlement can take: an enquiry, a cancel and an enquiry, each with its own deadline."""


async def lease(ctx: Context, limit: int, *, only: str | None = None, but: Collection[str] = ()) -> list[Attempt]:
    """Take what is due; `check_no` of each row is the number that fences our write (money rule 3).

    `only` one acquirer's, or all `but` some acquirers'.
    """
    args = {"env": ctx.env, "limit": limit, "lease": LEASE_SECONDS, "only": only, "but": list(but)}
    return [Attempt.read(row["row"]) for row in await ctx.db.rows(ctx.env, sql.ATTEMPTS_LEASE, args)]


async def begin_cancel(ctx: Context, attempt: Attempt) -> bool:
    """Write down, before it is sent, that a cancel is on its way; False when the attempt is no longer ours.

    From here on an approval of this attempt cannot be trusted any more: the cancel may arrive after it.
    """
    args = (LEASE_SECONDS, ctx.env, attempt.id, attempt.check_no)
    return await ctx.db.execute(ctx.env, sql.ATTEMPT_CANCELING, args) == 1


async def put_off(ctx: Context, attempt: Attempt, status: str, pause_seconds: float, note: str) -> None:
    """Leave it `unknown` (or `manual`) and look again after the pause, unless somebody else settled it."""
    async with ctx.transaction() as tx:  # a step of its lifecycle: the history must know whose
        await tx.execute(sql.ATTEMPT_LATER, {
            "env": ctx.env, "id": attempt.id, "check_no": attempt.check_no, "status": status,
            "pause": pause_seconds, "note": note})


async def hurry(ctx: Context, sends_max: int) -> int:
    """Make all that is open due at once: after a restore, and only while no other process works.

    None of it is sent again: what we forgot may have ended it without the acquirer, and made another in its place.
    """
    return await ctx.db.execute(ctx.env, sql.ATTEMPTS_HURRY, (sends_max, ctx.env))
