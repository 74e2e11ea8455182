"""Early fraud warnings: read and listed; `disputes.born` makes them."""

from typing import Any

from backend.context import Context
from backend.disputes.disputes import WARNING
from backend.resources import resources

Row = dict[str, Any]


async def get(ctx: Context, id: str) -> Row:
    """The warning; raises NotFound."""
    return await resources.get(ctx, WARNING, id, "early_fraud_warning")


async def find(ctx: Context, params: Row) -> Row:
    """A page of warnings, newest first."""
    return await resources.find(ctx, WARNING, params)
