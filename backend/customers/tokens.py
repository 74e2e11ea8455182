"""Tokens: a card that the vault was given, each good for one payment method. Source: reference contract section 6.

The vault makes the token; a row of ours is written when it is used, and that row is what makes it good once only.
"""

from typing import Any

import orjson

from backend import ids
from backend.context import Context
from backend.customers import sql, token_shapes, vault
from backend.errors import InvalidRequest, NotFound

Row = dict[str, Any]


def ours(ctx: Context, id: str) -> bool:
    """Whether this is a token that the vault made in this environment, and not the name of a test card."""
    return id.startswith("tok_") and ids.environment(id) == ctx.env


async def get(ctx: Context, id: str) -> Row:
    """The Token object; raises NotFound."""
    facts = await vault.ask(ctx, "describe", token=id) if ours(ctx, id) else {}
    if not facts.get("found"):
        raise NotFound("token", id, "token")
    used = await ctx.db.rows(ctx.env, sql.TOKEN_GET, (ctx.env, id))
    return token_shapes.token(id, facts, livemode=ctx.livemode, used=bool(used))


async def spend(ctx: Context, id: str, param: str, prefix: str = "pm") -> Row:
    """What the vault tells of the payment method that the token buys, with its id as `token`, which begins with
    `prefix`; found=False if unknown.

    Raises InvalidRequest `token_already_used`. The request that spent it may come again under its idempotency key.
    """
    spent = await ctx.db.rows(ctx.env, sql.TOKEN_GET, (ctx.env, id))
    if spent:
        return await _again(ctx, id, spent[0], param)
    facts = await vault.ask(ctx, "exchange", account=ctx.account, token=id, prefix=prefix)
    if not facts.get("found"):
        return facts
    doc = orjson.dumps({"payment_method": facts["token"], "key": ctx.key.key if ctx.key else None}).decode()
    if await ctx.db.execute(ctx.env, sql.TOKEN_SPEND, (ctx.env, id, doc, ctx.clock.now())) == 0:  # a twin was faster
        return await _again(ctx, id, (await ctx.db.rows(ctx.env, sql.TOKEN_GET, (ctx.env, id)))[0], param)
    return facts


async def _again(ctx: Context, id: str, row: Row, param: str) -> Row:
    if not ctx.key or row["key"] != ctx.key.key:
        raise InvalidRequest(f"You cannot use a token more than once: {id}. Use the payment method that it became, "
                             f"{row['payment_method']}, or make a new token.", code="token_already_used", param=param)
    facts = await vault.ask(ctx, "describe", token=row["payment_method"])
    return {**facts, "token": row["payment_method"]}
