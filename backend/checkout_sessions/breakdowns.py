"""What was taken off a session and off each of its lines: shown when `expand[]` asks for it."""

from collections.abc import Iterable
from typing import Any

from backend.catalog.shapes import DISCOUNT
from backend.catalog.tables import COUPON, SHIPPING_RATE
from backend.checkout_sessions import sql
from backend.context import Context
from backend.resources import resources

Row = dict[str, Any]


async def of_sessions(ctx: Context, wanted: Iterable[str]) -> Row:
    """`total_details.breakdown` of sessions, by their ids; no tax is added to an order."""
    rows = [one["row"] for one in await ctx.db.rows(ctx.env, sql.SESSIONS, (ctx.env, list(wanted)))]
    return {row["id"]: {"discounts": _less(row, row.get("amount_discount")), "taxes": []} for row in rows}


async def of_items(ctx: Context, wanted: Iterable[str]) -> Row:
    """`discounts` of line items, by their ids; a line of a payment link has none."""
    asked = list(wanted)
    rows = await ctx.db.rows(ctx.env, sql.ITEMS, (ctx.env, asked))
    found = {one["row"]["id"]: _less(one["session"], one["row"].get("amount_discount")) for one in rows}
    return {id: found.get(id, []) for id in asked}


async def rates_of(ctx: Context, wanted: Iterable[str]) -> Row:
    """The shipping rates of sessions, by the sessions' ids: what older versions of the object expand."""
    rows = [one["row"] for one in await ctx.db.rows(ctx.env, sql.SESSIONS, (ctx.env, list(wanted)))]
    chosen = {row["id"]: row["shipping_rate_id"] for row in rows if row.get("shipping_rate_id")}
    full = await resources.many(ctx, SHIPPING_RATE, set(chosen.values()))
    return {id: full.get(rate, rate) for id, rate in chosen.items()}


async def coupons_of(ctx: Context, wanted: Iterable[str]) -> Row:
    """The coupons of discounts, by the discounts' ids: what older versions of the object carry."""
    of = {f"cs_{'live' if ctx.livemode else 'test'}_{id.removeprefix('di_')}": id for id in wanted}
    rows = [one["row"] for one in await ctx.db.rows(ctx.env, sql.SESSIONS, (ctx.env, list(of)))]
    named = {of[row["id"]]: row["discount"]["coupon"] for row in rows if row.get("discount")}
    full = await resources.many(ctx, COUPON, set(named.values()))
    return {id: full.get(coupon, coupon) for id, coupon in named.items()}


def _less(session: Row, amount: int | None) -> list[Row]:
    """The one discount of a session, with what it took off."""
    given = session.get("discount")
    return [{"amount": amount, "discount": _discount(session, given)}] if given and amount else []


def _discount(session: Row, given: Row) -> Row:
    return DISCOUNT.render({
        "id": f"di_{session['id'].rpartition('_')[2]}", "checkout_session": session["id"],
        "customer": session["customer_id"], "promotion_code": given.get("promotion_code"),
        "source": {"type": "coupon", "coupon": given.get("coupon")},
        "start": session["created_at"]})
