"""A shopper who leaves at the bank's check keeps no place for long of a link that is sold a number of times.

The timer of the session rings early for that: a while after the last sign of life of its page, which moves it. What it
leads to (expiry.py) ends the check first, as if the shopper had closed it, so a place is free only when the try
that held it can charge nobody any more.
"""

from datetime import datetime, timedelta
from typing import Any

from backend.authentications import three_d_secure
from backend.checkout_sessions import intent, rows, tried
from backend.checkout_sessions.states import Status
from backend.context import Context
from backend.db import Connection
from backend.due import timers
from backend.due.kinds import Kind
from backend.payment_links import links
from backend.payments import authentications

Row = dict[str, Any]


async def seen(ctx: Context, id: str) -> None:
    """A sign of life of a session's page: a place that a try of it holds while it waits is kept for a while longer."""
    if rests(await rows.read(ctx, id)):
        async with ctx.transaction() as tx:
            await watch(ctx, tx, await rows.lock(ctx, tx, id))


async def watch(ctx: Context, tx: Connection, row: Row) -> None:
    """Look at the session again soon, when a try of it waits and holds a place; `row` is locked in `tx`."""
    if rests(row) and (await links.row_in(ctx, tx, row["payment_link_id"]))["limit"] is not None:
        await timers.put(ctx, tx, Kind.SESSION, row["id"], min(soon(ctx), datetime.fromisoformat(row["expires_at"])))


async def end_check(ctx: Context, row: Row) -> str | None:
    """End the bank's check that a place waits for; the intent's id, None when no place waits.

    The bank's own result counts when there is one. A payment that is with its acquirer is left alone.
    """
    if not rests(row) or (await links.row(ctx, row["payment_link_id"]))["limit"] is None:
        return None
    shown = await intent.get(ctx, str(intent.id_of(row)))
    if shown["status"] == "requires_action" and (check := three_d_secure.awaited(shown["next_action"])):
        await authentications.abandon(ctx.runtime, check)
    return str(shown["id"])


def rests(row: Row) -> bool:
    """Whether a try of this session, open and of a link, waits for its outcome."""
    return row["status"] == Status.OPEN and bool(row["payment_link_id"]) and tried.waiting(row) > 0


def soon(ctx: Context) -> datetime:
    """When a place that is held now is looked at."""
    return ctx.clock.now() + timedelta(minutes=ctx.settings.link_place_minutes)
