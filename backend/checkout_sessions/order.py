"""An order that changes on its page until somebody pays: a promotion code, the way of shipping, quantities.

It changes only while no try to pay may be under way (`tries` is 0, which the database demands too). A payment that
stands from a try that surely failed takes the new total in the same transaction, so what is charged is what the page
says.
"""

from typing import Any

import orjson

from backend.catalog import discounts, lines, promotion_codes
from backend.checkout_sessions import rows, sql
from backend.checkout_sessions.states import Status
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest, Locked
from backend.payments import intents

Row = dict[str, Any]
_OF_LINE = ("quantity", "amount_subtotal", "amount_discount", "amount_total")
WRONG_CODES_MAX = 10
"""How often a shopper may guess at a session's promotion code."""


async def promote(ctx: Context, id: str, code: str) -> None:
    """Take the promotion code that the shopper typed; raises InvalidRequest, and counts it, when it does not fit."""
    refused = None
    async with ctx.transaction() as tx:
        row = await _open(ctx, tx, id)
        if not (row["asks"] or {}).get("allow_promotion_codes"):
            raise InvalidRequest("This order takes no promotion codes.", param="promotion_code")
        if (row["wrong_codes"] or 0) >= WRONG_CODES_MAX:
            raise InvalidRequest("Too many codes were tried. Go on without one, or go back to the store to start "
                                 "again.", code="rate_limit", param="promotion_code")
        items = await _undiscounted(ctx, tx, id)
        try:
            found = await promotion_codes.named(ctx, tx, code)
            row["discount"] = await discounts.apply(ctx, tx, {"promotion_code": found}, items, rows.buyer(row))
            await _write(ctx, tx, row, items)
        except InvalidRequest as error:  # nothing was written yet
            refused = error
            await tx.execute(sql.SESSION_WRONG_CODE, {"env": ctx.env, "id": id})
    if refused:
        raise refused


async def demote(ctx: Context, id: str) -> None:
    """Take the shopper's promotion code off again; a discount of the merchant's stays."""
    async with ctx.transaction() as tx:
        row = await _open(ctx, tx, id)
        if row["discount"] and (row["asks"] or {}).get("allow_promotion_codes"):
            row["discount"] = None
            await _write(ctx, tx, row, await _undiscounted(ctx, tx, id))


async def ship(ctx: Context, id: str, rate: str) -> None:
    """Choose one of the ways of shipping that the session offers; raises InvalidRequest for another."""
    async with ctx.transaction() as tx:
        row = await _open(ctx, tx, id)
        options = {one["shipping_rate"]: one["shipping_amount"]
                   for one in (row["asks"] or {}).get("shipping_options") or ()}
        if rate not in options:
            raise InvalidRequest("This order is not shipped that way. Choose one of the ways that are offered.",
                                 param="shipping_rate")
        row |= {"shipping_rate_id": rate, "amount_shipping": options[rate]}
        await _write(ctx, tx, row, await _items(ctx, tx, id))


async def resize(ctx: Context, id: str, item: str, quantity: int) -> None:
    """Another quantity of a line that is adjustable; a discount is worked out anew. Raises InvalidRequest."""
    async with ctx.transaction() as tx:
        row = await _open(ctx, tx, id)
        items = await _undiscounted(ctx, tx, id)
        line = next((one for one in items if one["id"] == item and one["adjustable_quantity"]), None)
        if line is None:
            raise InvalidRequest("The quantity of this item cannot be changed.", param="item")
        bounds = line["adjustable_quantity"]
        if not max(bounds["minimum"], 1) <= quantity <= bounds["maximum"]:
            raise InvalidRequest(f"Choose between {max(bounds['minimum'], 1)} and {bounds['maximum']}.",
                                 param="quantity")
        entry = {"price": line["price_id"], "quantity": quantity, "inline": True}
        [priced] = await lines.priced(ctx, tx, [entry], row["currency"])
        line |= {name: priced[name] for name in ("quantity", "amount_subtotal", "amount_discount", "amount_total")}
        if row["discount"]:
            given = {name: id for name, id in row["discount"].items() if id and (
                name == "promotion_code" or not row["discount"]["promotion_code"])}
            row["discount"] = await discounts.apply(ctx, tx, given, items, rows.buyer(row))
        await _write(ctx, tx, row, items)


async def _open(ctx: Context, tx: Connection, id: str) -> Row:
    """The locked row of a session whose order may change; raises InvalidRequest `session_closed`, or Locked."""
    row = await rows.lock(ctx, tx, id)
    if row["status"] == Status.COMPLETE:
        raise rows.closed(Status.COMPLETE)
    rows.require_payable(ctx, row)
    if row["tries"]:
        raise Locked("Checkout Session")
    return row


async def _items(ctx: Context, tx: Connection, id: str) -> list[Row]:
    return [dict(one.row) for one in await tx.execute(sql.ITEMS_IN, {"env": ctx.env, "id": id})]


async def _undiscounted(ctx: Context, tx: Connection, id: str) -> list[Row]:
    return [{**one, "amount_discount": 0, "amount_total": one["amount_subtotal"]} for one in await _items(ctx, tx, id)]


async def _write(ctx: Context, tx: Connection, row: Row, items: list[Row]) -> None:
    """The session's new sums, its lines' and its payment's, in the caller's transaction."""
    shipping = row["amount_shipping"] or 0
    total = lines.total(items, row["currency"], shipping=shipping)
    if row["payment_id"]:
        await intents.reprice(ctx, tx, row["payment_id"], total)
    await tx.execute(sql.SESSION_ORDER, {
        "env": ctx.env, "id": row["id"], "total": total,
        "subtotal": sum(one["amount_subtotal"] for one in items), "off": sum(one["amount_discount"] for one in items),
        "lines": orjson.dumps({str(one["seq"]): {name: one[name] for name in _OF_LINE} for one in items}).decode(),
        "discount": orjson.dumps(row["discount"]).decode() if row["discount"] else None,
        "rate": row["shipping_rate_id"], "shipping": row["amount_shipping"]})
