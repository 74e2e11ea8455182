"""Confirmation tokens: all that a shopper gave to pay with, kept for twelve hours and good for one intent."""

from datetime import datetime, timedelta
from typing import Any

import orjson

from backend.context import Context
from backend.customers import payment_methods, sql, token_shapes
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.resources import resources
from backend.resources.resources import Resource

Row = dict[str, Any]
LIFE_HOURS = 12
_CARRIED = ("return_url", "setup_future_usage", "shipping", "mandate_data")
TOKEN = Resource(token_shapes.CONFIRMATION_TOKEN, "ctoken", "pay.confirmation_token", "/v1/confirmation_tokens",
                 shape=lambda ctx, row: token_shapes.CONFIRMATION_TOKEN.render(row, livemode=ctx.livemode),
                 private=("key", "payment_method", "used"))


async def method(ctx: Context, params: Row) -> str:
    """The id of the payment method that a new confirmation token shall stand for."""
    if "payment_method_data" in params:
        return str((await payment_methods.from_data(ctx, params["payment_method_data"], "payment_method_data"))["id"])
    row = await payment_methods.load(ctx, params["payment_method"])
    if ctx.publishable and row["customer_id"]:  # a browser must not look at a card that somebody keeps
        raise NotFound("PaymentMethod", params["payment_method"], "payment_method")
    return str(row["id"])


async def create(ctx: Context, tx: Connection, params: Row, method: str) -> Row:
    """A new token for a method."""
    row = await payment_methods.read(ctx, tx, method)
    ends = ctx.clock.now() + timedelta(hours=LIFE_HOURS)
    return await resources.create(ctx, tx, TOKEN, {
        "payment_method": method, "payment_method_preview": token_shapes.preview(row), "key": None,
        "expires_at": ends.isoformat(), "payment_intent": None, "setup_intent": None, "metadata": {},
        "payment_method_options": None, **{name: params.get(name) or None for name in _CARRIED}})


async def get(ctx: Context, id: str) -> Row:
    """The ConfirmationToken object; raises NotFound."""
    return await resources.get(ctx, TOKEN, id, "confirmation_token")


async def spend(ctx: Context, id: str, intent: str) -> Row:
    """What the token stands for, as parameters of a confirmation; from now on it is used.

    The intent that used it may name it again, and so may the same request under its idempotency key. Raises NotFound,
    and InvalidRequest `confirmation_token_used` or `confirmation_token_expired`.
    """
    row = await resources.row(ctx, TOKEN, id, "confirmation_token")
    if datetime.fromisoformat(row["expires_at"]) <= ctx.clock.now():
        raise InvalidRequest(f"The confirmation token {id} has expired; make a new one.", param="confirmation_token",
                             code="confirmation_token_expired")
    kind = "setup_intent" if intent.startswith("seti_") else "payment_intent"
    by = {"used": intent, kind: intent, "key": ctx.key.key if ctx.key else None}
    args = (orjson.dumps(by).decode(), ctx.env, id, intent, by["key"])
    if await ctx.db.execute(ctx.env, sql.CONFIRMATION_TOKEN_SPEND, args) == 0:
        raise InvalidRequest(f"The confirmation token {id} was used already; make a new one.",
                             param="confirmation_token", code="confirmation_token_used")
    carried = {name: row[name] for name in _CARRIED if row.get(name)}
    return {**carried, "payment_method": row["payment_method"]}
