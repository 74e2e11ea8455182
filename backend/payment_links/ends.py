"""The end of a payment link, `expires_at`, an extension of our own: what it may be, and its timer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from backend.context import Context
from backend.db import Connection
from backend.due import timers
from backend.due.kinds import Kind
from backend.errors import InvalidRequest

Row = dict[str, Any]
AUTO_DAYS = 7
"""How long a link sells that shall end but was given no moment."""


def moment(ctx: Context, given: int | str | None) -> int | None:
    """The Unix time of `expires_at` as it was given, `auto` being in seven days; raises InvalidRequest for the past."""
    if not given and given != 0:
        return None
    if given == "auto":
        return int((ctx.clock.now() + timedelta(days=AUTO_DAYS)).timestamp())
    if int(given) <= ctx.clock.now().timestamp():
        raise InvalidRequest("expires_at must be in the future.", param="expires_at")
    return int(given)


def of(link: Row) -> datetime | None:
    """When a link ends; links of before have no word about it."""
    end = link.get("expires_at")
    return datetime.fromtimestamp(end, UTC) if end else None


def past(ctx: Context, link: Row) -> bool:
    """Whether a link's time is over, though the worker may not have switched it off yet."""
    end = of(link)
    return end is not None and end <= ctx.clock.now()


def require_ahead(ctx: Context, old: Row, changes: Row) -> None:
    """Refuse to switch a link on whose time is over: it would end again at once."""
    if changes.get("active") and past(ctx, old | changes):
        raise InvalidRequest("This link has expired. Send a later expires_at with active=true, or an empty one for a "
                             "link without an end.", param="expires_at")


async def watch(ctx: Context, tx: Connection, link: Row) -> None:
    """Set the timer of a link that will end, or take it away."""
    end = of(link)
    if end and link["active"]:
        await timers.put(ctx, tx, Kind.PAYMENT_LINK, link["id"], end)
    else:
        await timers.cancel(ctx, tx, Kind.PAYMENT_LINK, link["id"])
