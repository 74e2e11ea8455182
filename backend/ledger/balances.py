"""What a merchant sees of the books: `available` and `pending` per currency."""

from typing import Any

from backend.context import Context
from backend.ledger import sql
from backend.ledger.shapes import BALANCE


async def get(ctx: Context) -> dict[str, Any]:
    """The Balance object; available = free merchant_available - merchant_debt, so it may be negative."""
    rows = await ctx.db.rows(ctx.env, sql.BALANCES, (ctx.env,))
    totals: dict[str, dict[str, int]] = {}
    for row in rows:
        part = totals.setdefault(row["currency"], {"available": 0, "pending": 0})
        if row["kind"] == "merchant_pending":
            part["pending"] += row["net"] - row["held"]
        else:  # a debt's net is negative
            part["available"] += row["net"] - row["held"]
    if not totals:
        currency = (await ctx.db.rows(ctx.env, sql.CURRENCY, (ctx.env,)))[0]["currency"]
        totals = {currency: {"available": 0, "pending": 0}}
    return BALANCE.render({}, livemode=ctx.livemode, **{
        side: [{"amount": part[side], "currency": currency, "source_types": {"card": part[side]}}
               for currency, part in sorted(totals.items())] for side in ("available", "pending")})
