"""The one intent of a session: a PaymentIntent, or in setup mode a SetupIntent, by the same verbs."""

from typing import Any

from backend.accounts import environments
from backend.checkout_sessions import sql
from backend.context import Context
from backend.db import Connection
from backend.mail import drafts
from backend.payments import intents
from backend.setups import setup_intents

Row = dict[str, Any]


def id_of(row: Row) -> str | None:
    """The intent of a session's row; None until the shopper first submits."""
    found: str | None = row["payment_id"] or row["setup_intent_id"]
    return found


async def session_of(ctx: Context, id: str) -> str | None:
    """The session that an intent belongs to."""
    statement = sql.SESSION_OF_SETUP if _sets_up(id) else sql.SESSION_OF_PAYMENT
    found = await ctx.db.rows(ctx.env, statement, (ctx.env, id))
    return str(found[0]["id"]) if found else None


async def get(ctx: Context, id: str) -> Row:
    """The public object."""
    return await (setup_intents.get(ctx, id) if _sets_up(id) else intents.get(ctx, id))


async def confirm(ctx: Context, id: str, params: Row) -> Row:
    """Pay, or set the card up."""
    if _sets_up(id):
        return await setup_intents.confirm(ctx, id, params, by_session=True)
    return await intents.confirm(ctx, id, params, by_session=True)


async def cancel(ctx: Context, id: str) -> Row:
    """Give it up with the session."""
    reason = {"cancellation_reason": "abandoned"}
    if _sets_up(id):
        return await setup_intents.cancel(ctx.without_key(), id, reason, by_session=True)
    return await intents.cancel(ctx.without_key(), id, reason, by_session=True)


async def prepare(ctx: Context, tx: Connection, row: Row, details: Row, shipping: Row | None) -> None:
    """Make the intent of a session's row, inside the transaction that notes it; all from the server's own row."""
    if row["mode"] == "setup":
        row["setup_intent_id"] = (await setup_intents.prepare(ctx, tx, {
            **(row["setup_intent_data"] or {}), "customer": row["customer_id"], "checkout_session": row["id"],
            "payment_method_types": ["card"]}))["id"]
        return
    data = dict(row["payment_intent_data"])
    row["payment_id"] = (await intents.prepare(ctx, tx, {
        **data, "amount": row["amount_total"], "currency": row["currency"], "customer": row["customer_id"],
        "checkout_session_id": row["id"], "metadata": data.get("metadata") or {},
        "receipt_email": data.get("receipt_email") or await _receipts_to(ctx, details),
        "shipping": shipping or data.get("shipping")}))["id"]


async def _receipts_to(ctx: Context, details: Row) -> str | None:
    """The shopper's own address, where the merchant lets receipts go there and mails leave."""
    wanted = details["email"] and drafts.leave(ctx) and await environments.sends_receipts(ctx.runtime, ctx.env)
    return details["email"] if wanted else None


def _sets_up(id: str) -> bool:
    return id.startswith("seti_")
