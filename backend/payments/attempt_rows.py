"""Attempts as the database has them now."""

from backend.context import Context
from backend.payments import sql
from backend.payments.rows import Attempt


async def now(ctx: Context, attempt: Attempt) -> Attempt:
    """The same attempt, read afresh."""
    rows = await ctx.db.rows(ctx.env, sql.ATTEMPT_GET, (ctx.env, attempt.id))
    return Attempt.read(rows[0]["row"])


async def ours(ctx: Context, attempt: Attempt) -> bool:
    """Whether it still waits for the answer that we have; asked when its payment has changed."""
    found = await now(ctx, attempt)
    return found.status in ("sent", "unknown") and found.check_no == attempt.check_no


async def won(ctx: Context, payment_id: str) -> Attempt | None:
    """The authorisation or sale of a payment that was approved, if one was."""
    rows = await ctx.db.rows(ctx.env, sql.ATTEMPT_WON, (ctx.env, payment_id))
    return Attempt.read(rows[0]["row"]) if rows else None


async def of_refund(ctx: Context, refund_id: str) -> list[Attempt]:
    """The messages of a refund, the first one first."""
    rows = await ctx.db.rows(ctx.env, sql.REFUND_ATTEMPTS, (ctx.env, refund_id))
    return [Attempt.read(row["row"]) for row in rows]
