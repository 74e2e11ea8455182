"""Cards as sources of a customer, the older way to keep them: payment methods whose ids begin with `card_`.

Such a card is one row with two faces. What is attached by its `pm_` id has only one: it is no source.
"""

from collections.abc import Iterable
from typing import Any

from backend import pages
from backend.context import Context
from backend.customers import customers, payment_methods, sql, token_shapes, verifications
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.events import events
from backend.fields.tables import OWNER_ADDRESS

Row = dict[str, Any]


async def taken(ctx: Context, token: str, param: str, *, validate: bool = True) -> str:
    """Before a card is kept: the id of the card that a token becomes. Its issuer is asked, unless `validate` is False.

    Raises InvalidRequest for what is no card's token, CardError when the issuer refuses, NotFound.
    """
    if token.startswith(("pm_", "card_")):
        raise InvalidRequest(f"{token[:100]} is kept already or is a payment method, and source takes a token, tok_…. "
                             "Payment methods are attached: POST /v1/payment_methods/{id}/attach.", param=param)
    if token.startswith("src_"):
        raise InvalidRequest("There are no Source objects here (src_…): pass the token of a card, tok_…, or use a "
                             "payment method.", param=param)
    row = await payment_methods.adopt(ctx, token, param, prefix="card")
    if row["type"] != "card":
        raise InvalidRequest("Bank accounts are not kept as sources here: set them up as payment methods, with a "
                             "SetupIntent.", param=param)
    if validate:
        await verifications.verify(ctx, row)
    return str(row["id"])


async def keep(ctx: Context, tx: Connection, customer: str, card: str, *, replace: bool = False,
               metadata: Row | None = None) -> Row:
    """Keep a card with a customer; writes payment_method.attached and customer.source.created.

    The first card becomes the default source. With `replace` this one does, and the default that was is deleted.
    """
    owner = await customers.lock(ctx, tx, customer)
    await payment_methods.attach(ctx, tx, card, customer, metadata)
    shape = token_shapes.card(await payment_methods.read(ctx, tx, card))
    await events.record(ctx, tx, type="customer.source.created", obj=shape)
    former = owner["default_source"]
    if replace or not former:
        await customers.save(ctx, tx, owner, {"default_source": card})
    if replace and former:
        await payment_methods.detach(ctx, tx, former)
    return shape


async def get(ctx: Context, customer: str, id: str) -> Row:
    """The card, if that customer has it; raises NotFound."""
    await customers.get(ctx, customer)
    rows = await ctx.db.rows(ctx.env, sql.METHOD_GET, (ctx.env, id))
    return token_shapes.card(_of(customer, id, rows[0]["row"] if rows else None))


def _of(customer: str, id: str, row: Row | None) -> Row:
    if row is None or row["customer_id"] != customer or not id.startswith("card_"):
        raise NotFound("source", id, "id")
    return row


async def renewed(ctx: Context, customer: str, id: str, given: Row) -> Row | None:
    """Before `update`: the vault sets the expiry, which is `given` as exp_month, exp_year, both or neither."""
    await get(ctx, customer, id)
    return await payment_methods.renewed(ctx, id, given)


async def update(ctx: Context, tx: Connection, customer: str, id: str, params: Row, card: Row | None) -> Row:
    """Change a card's owner, metadata or expiry; writes payment_method.updated and customer.source.updated."""
    row = _of(customer, id, await payment_methods.read(ctx, tx, id))
    address = {part: params[name] or None for name, part in OWNER_ADDRESS.items() if name in params}
    details: Row = {"address": address} | ({"name": params["name"] or None} if "name" in params else {})
    changes = {"billing_details": details} | ({"metadata": params["metadata"]} if "metadata" in params else {})
    await payment_methods.update(ctx, tx, row["id"], changes, card)
    return token_shapes.card(await payment_methods.read(ctx, tx, id))


async def delete(ctx: Context, tx: Connection, customer: str, id: str) -> Row:
    """Take a card from its customer for good, as payment_methods.detach does; the newest one left becomes the default.
    """
    await customers.exists(ctx, tx, customer)
    _of(customer, id, await payment_methods.read(ctx, tx, id))
    await payment_methods.detach(ctx, tx, id)
    return {"id": id, "object": "card", "deleted": True}


async def find(ctx: Context, customer: str, params: Row) -> Row:
    """A page of a customer's cards, newest first."""
    await customers.get(ctx, customer)
    args = {"env": ctx.env, "customer": customer, "prefix": "card_", **pages.cursor(params)}
    rows = await pages.rows(ctx, sql.METHOD_FIND, args)
    return pages.page(f"/v1/customers/{customer}/sources", params, [row["row"] for row in rows], token_shapes.card)


async def many(ctx: Context, wanted: Iterable[str]) -> dict[str, Row]:
    """Cards by id, in one query."""
    rows = await ctx.db.rows(ctx.env, sql.METHODS, (ctx.env, list(wanted)))
    return {row["row"]["id"]: token_shapes.card(row["row"]) for row in rows}


async def of_customers(ctx: Context, wanted: Iterable[str]) -> dict[str, Row]:
    """The newest ten cards of each customer as a list object, in one query."""
    found: dict[str, list[Row]] = {id: [] for id in wanted}
    for row in await ctx.db.rows(ctx.env, sql.CARDS_OF, (ctx.env, list(found))):
        found[row["row"]["customer_id"]].append(token_shapes.card(row["row"]))
    return {id: {"object": "list", "url": f"/v1/customers/{id}/sources", "has_more": len(some) > 10, "data": some[:10]}
            for id, some in found.items()}
