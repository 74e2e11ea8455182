"""How webhook endpoints fare: of what was last sent to each, how much arrived; one query for any number of them."""

from collections.abc import Iterable
from typing import Any

from backend.clock import unix
from backend.context import Context
from backend.webhooks import sql

Row = dict[str, Any]
SEEN_MAX = 1000
"""So many of the latest deliveries of an endpoint are looked at."""


async def of(ctx: Context, wanted: Iterable[str]) -> dict[str, Row]:
    """By endpoint: `status` (disabled, quiet, failing, shaky, enabled), `tried`, `failed` and when it last worked.

    A delivery has failed when it was tried and has not arrived, whether or not it will be tried again.
    """
    found = await ctx.db.rows(ctx.env, sql.HEALTH, (SEEN_MAX, ctx.env, list(wanted)))
    return {row["id"]: {"status": _status(row), "tried": row["tried"], "failed": row["failed"],
                        "disabled_reason": row["disabled_reason"], "failing_since": unix(row["failing_since"])}
            for row in found}


def _status(row: Row) -> str:
    if not row["enabled"]:
        return "disabled"
    if not row["tried"]:
        return "quiet"
    return "failing" if row["failed"] == row["tried"] else "shaky" if row["failed"] else "enabled"
