"""What the portal shows about payments beyond the objects: the day's volume, a payment's attempts and history."""

from datetime import datetime
from typing import Any

from backend.context import Context
from backend.payments import sql


async def volume_since(ctx: Context, since: datetime) -> list[dict[str, Any]]:
    """Captured volume per currency of payments made since then: {currency, amount, payments}."""
    return await ctx.db.rows(ctx.env, sql.VOLUME, (ctx.env, since))


async def attempts(ctx: Context, payment_id: str) -> list[dict[str, Any]]:
    """Every message sent to an acquirer for this payment, oldest first."""
    return [row["row"] for row in await ctx.db.rows(ctx.env, sql.ATTEMPTS, (ctx.env, payment_id))]


async def history(ctx: Context, payment_id: str) -> list[dict[str, Any]]:
    """Every change of status of the payment and its attempts, oldest first."""
    return await ctx.db.rows(ctx.env, sql.HISTORY, {"env": ctx.env, "id": payment_id})
