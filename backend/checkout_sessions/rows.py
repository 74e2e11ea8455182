"""The tables of checkout sessions; reading one session's row, with and without its lock; whether it can be paid."""

from datetime import datetime
from typing import Any, ClassVar

from backend import rows
from backend.checkout_sessions import sql
from backend.checkout_sessions.states import Status
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.rows import Json, Time

Row = dict[str, Any]


class Session(rows.Row):
    """A checkout session."""

    table: ClassVar = "pay.checkout_session"
    env: int
    id: str
    status: str
    payment_status: str
    step: int
    mode: str
    ui_mode: str
    currency: str | None
    amount_total: int | None
    customer_id: str | None
    customer_email: str | None
    client_reference_id: str | None
    success_url: str | None
    cancel_url: str | None
    submit_type: str | None
    locale: str | None
    billing_address_collection: str | None
    payment_intent_data: Json
    metadata: Json
    customer_details: Json | None
    payment_id: str | None
    created_at: Time
    expires_at: Time
    completed_at: Time | None
    amount_subtotal: int | None
    amount_discount: int | None
    discount: Json | None
    tries: int | None
    customer_creation: str | None
    payment_link_id: str | None
    setup_intent_id: str | None
    setup_intent_data: Json | None
    asks: Json | None
    tried: Json | None
    collected: Json | None
    own_customer: bool | None
    lines: Json | None
    shipping_rate_id: str | None
    amount_shipping: int | None
    wrong_codes: int | None


class Item(rows.Row):
    """One line of what a session sells, as it was when the session began."""

    table: ClassVar = "pay.checkout_line_item"
    env: int
    session_id: str
    seq: int
    id: str
    price_id: str
    product_id: str
    name: str
    description: str | None
    images: list[str]
    quantity: int
    unit_amount: int | None
    currency: str
    amount_total: int
    created_at: Time
    amount_subtotal: int | None
    amount_discount: int | None
    metadata: Json | None
    adjustable_quantity: Json | None


SESSION, ITEM = rows.whole(Session), rows.whole(Item)


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
