"""The first page: today's volume, the balance, the latest payments."""

from datetime import UTC
from typing import Any

from backend.context import Context
from backend.ledger import balances
from backend.payments import lookups, reports
from backend.risk import brakes
from portal import payments

Row = dict[str, Any]


async def index(ctx: Context, _: Row) -> Row:
    today = ctx.clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found = await lookups.find(ctx, {"limit": 6})
    return {"volume": await reports.volume_since(ctx, today), "balance": await balances.get(ctx),
            "rows": await payments.rows(ctx, found["data"]), "today": today, "alarm": await brakes.alarm(ctx)}
