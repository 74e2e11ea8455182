"""Coupons: create, get, update, delete, find, redeem. What a coupon takes off never changes."""

from collections.abc import Iterable
from typing import Any

from backend import chargeable, ids
from backend.catalog import sql
from backend.catalog.tables import COUPON, PRODUCT
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest, missing
from backend.metadata import merged
from backend.resources import resources

Row = dict[str, Any]
_ID_LENGTH = 8


async def create(ctx: Context, tx: Connection, params: Row) -> Row:
    """A new coupon, under an id of the merchant's choice or of ours; writes coupon.created."""
    doc = _document(ctx, params)
    await _products(ctx, tx, doc["applies_to"])
    return await resources.create(ctx, tx, COUPON, doc, id=params.get("id") or ids.token(_ID_LENGTH))


def _document(ctx: Context, params: Row) -> Row:
    """The fields of a coupon; raises InvalidRequest for what contradicts itself."""
    amount, percent, currency = params.get("amount_off"), params.get("percent_off"), params.get("currency")
    if amount is not None and currency is None:
        raise missing("currency", "An amount_off needs its currency.")
    if amount is None and (currency or params.get("currency_options")):
        raise InvalidRequest("currency and currency_options belong to amount_off; a percentage has none.",
                             param="currency" if currency else "currency_options")
    for param, code, off in (("amount_off", currency, amount), *(
            (f"currency_options[{code}][amount_off]", code, one["amount_off"])
            for code, one in (params.get("currency_options") or {}).items())):
        _check(param, code, off)
    duration = params.get("duration") or "once"
    if (duration == "repeating") != ("duration_in_months" in params):
        raise InvalidRequest("duration_in_months is given exactly when duration is repeating.",
                             param="duration_in_months")
    if (until := params.get("redeem_by")) and until <= ctx.clock.now().timestamp():
        raise InvalidRequest("redeem_by must be in the future.", param="redeem_by")
    return {"amount_off": amount, "currency": currency, "currency_options": params.get("currency_options") or {},
            "percent_off": None if percent is None else float(percent),  # shown; amounts are computed from its text
            "percent_text": percent, "applies_to": params.get("applies_to"), "duration": duration,
            "duration_in_months": params.get("duration_in_months"), "name": params.get("name") or None,
            "max_redemptions": params.get("max_redemptions"), "redeem_by": until, "times_redeemed": 0,
            "metadata": merged({}, params.get("metadata"))}


def _check(param: str, currency: str | None, amount: int | None) -> None:
    if currency and amount is not None:
        chargeable.check_step(amount, currency, param)
        chargeable.check_maximum(amount, currency, param)


async def _products(ctx: Context, tx: Connection, applies_to: Row | None) -> None:
    wanted = (applies_to or {}).get("products") or []
    found = {row.id for row in await tx.execute(sql.PRODUCTS_THERE, {"env": ctx.env, "ids": wanted})}
    for index, id in enumerate(wanted):
        if id not in found:
            await resources.read(ctx, tx, PRODUCT, id, f"applies_to[products][{index}]")


async def get(ctx: Context, id: str) -> Row:
    """One coupon; raises NotFound."""
    return await resources.get(ctx, COUPON, id, "coupon")


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Change its name and metadata, or add currencies; writes coupon.updated."""
    row = await resources.lock(ctx, tx, COUPON, id, "coupon")
    changes: Row = {name: params[name] for name in ("metadata",) if name in params}
    if "name" in params:
        changes["name"] = params["name"] or None
    if "currency_options" in params:
        changes["currency_options"] = _options(row, params["currency_options"])
    return await resources.save(ctx, tx, COUPON, row, changes)


def _options(row: Row, given: Row) -> Row:
    old = row["currency_options"]
    for code, one in given.items():
        if row["amount_off"] is None or code == row["currency"] or old.get(code, one) != one:
            raise InvalidRequest("What a coupon takes off never changes; create a new coupon instead.",
                                 param=f"currency_options[{code}]")
        _check(f"currency_options[{code}][amount_off]", code, one["amount_off"])
    return {**old, **given}


async def delete(ctx: Context, tx: Connection, id: str) -> Row:
    """Delete a coupon; orders that have it keep it. Its promotion codes are switched off. Writes coupon.deleted."""
    await tx.execute(sql.CODES_OFF, {"env": ctx.env, "coupon": id})
    return await resources.delete(ctx, tx, COUPON, id, "coupon")


async def find(ctx: Context, params: Row) -> Row:
    """A page of coupons, newest first; filter created."""
    return await resources.find(ctx, COUPON, params)


async def applies_to(ctx: Context, wanted: Iterable[str]) -> Row:
    """The products that these coupons are limited to."""
    return {id: row["applies_to"] for id, row in (await resources.rows(ctx, COUPON, wanted)).items()
            if row["applies_to"]}


async def currency_options(ctx: Context, wanted: Iterable[str]) -> Row:
    """What these coupons take off in each currency, their own included."""
    return {id: {row["currency"]: {"amount_off": row["amount_off"]}, **row["currency_options"]}
            for id, row in (await resources.rows(ctx, COUPON, wanted)).items() if row["currency"]}


async def redeem(ctx: Context, tx: Connection, coupon: str, code: str | None) -> bool:
    """Count one redemption of a coupon and of the code that gave it; False, and nothing counted, when either is over.

    Each count rises in one conditional statement, so that no race redeems more often than it may be.
    """
    args = {"env": ctx.env, "now": ctx.clock.now().timestamp()}
    if code and (await tx.execute(sql.CODE_REDEEM, {**args, "id": code})).rowcount == 0:
        return False
    if (await tx.execute(sql.COUPON_REDEEM, {**args, "id": coupon})).rowcount:
        return True
    if code:
        await tx.execute(sql.CODE_RETURN, {"env": ctx.env, "id": code})
    return False


async def give_back(ctx: Context, tx: Connection, coupon: str, code: str | None) -> None:
    """Take back what `redeem` counted, for an order that was not paid."""
    if code:
        await tx.execute(sql.CODE_RETURN, {"env": ctx.env, "id": code})
    await tx.execute(sql.COUPON_RETURN, {"env": ctx.env, "id": coupon})
