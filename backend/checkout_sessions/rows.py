"""Reading one session's row, with and without its lock, and whether it can still be paid."""

from datetime import datetime
from typing import Any

from backend.checkout_sessions import sql
from backend.checkout_sessions.states import Status
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound

Row = dict[str, Any]


async def read(ctx: Context, id: str) -> Row:
    """The row of a session; raises NotFound."""
    rows = await ctx.db.rows(ctx.env, sql.SESSION_GET, (ctx.env, id))
    if not rows:
        raise NotFound("checkout.session", id, "session")
    row: Row = rows[0]["row"]
    return row


async def lock(ctx: Context, tx: Connection, id: str) -> Row:
    """The row of a session, which nobody else changes until the transaction ends; raises NotFound."""
    row: Row | None = (await tx.execute(sql.SESSION_LOCK, {"env": ctx.env, "id": id})).scalar()
    if row is None:
        raise NotFound("checkout.session", id, "session")
    return row


def require_payable(ctx: Context, row: Row) -> None:
    """Raise InvalidRequest `session_closed` for a session that is past its time."""
    if row["status"] == Status.EXPIRED or datetime.fromisoformat(row["expires_at"]) <= ctx.clock.now():
        raise closed(Status.EXPIRED)


def buyer(row: Row) -> str | None:
    """The customer whom the merchant named; one that this very session made has never bought anything."""
    found: str | None = None if row["own_customer"] else row["customer_id"]
    return found


def closed(why: str) -> InvalidRequest:
    """What to raise when a session cannot be paid any more."""
    return InvalidRequest(f"This Checkout Session can no longer be paid: it is {why}.", code="session_closed")
