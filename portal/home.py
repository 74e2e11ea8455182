"""The first page: today's volume, the balance, the latest payments."""

from datetime import UTC
from typing import Any

from backend.context import Context
from backend.ledger import balances
from backend.payments import reports
from backend.risk import brakes
from portal import keys, payments

Row = dict[str, Any]


async def index(ctx: Context, _: Row) -> Row:
    today = ctx.clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found = await reports.find(ctx, {"limit": 6})
    balance = await balances.get(ctx)
    return {"volume": _ordered(await reports.volume_since(ctx, today)),
            "balance": {name: _ordered(balance[name]) for name in ("available", "pending")},
            "rows": await payments.rows(ctx, found["data"]), "today": today, "alarm": await brakes.alarm(ctx),
            "own_key": None if found["data"] else await keys.own(ctx)}


def _ordered(amounts: list[Row]) -> list[Row]:
    """The same order of currencies wherever several stand."""
    return sorted(amounts, key=lambda one: str(one["currency"]))
