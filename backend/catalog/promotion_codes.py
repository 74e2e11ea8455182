"""Promotion codes: create, get, update, find, and what a shopper typed. A word stands once among the active codes."""

from collections.abc import Iterable
from typing import Any

from backend import ids
from backend.catalog import sql
from backend.catalog.tables import COUPON, PROMOTION_CODE, code_is_active, coupon_is_valid
from backend.context import Context
from backend.customers import customers
from backend.db import Connection, constraint
from backend.errors import InvalidRequest, NotFound, missing
from backend.metadata import merged
from backend.resources import resources

Row = dict[str, Any]
_CODE_LENGTH = 8


async def coupons_of(ctx: Context, wanted: Iterable[str]) -> Row:
    """The coupons of promotion codes, by the codes' ids: what older versions of the object carry."""
    codes = await resources.rows(ctx, PROMOTION_CODE, wanted)
    named = {id: row["promotion"]["coupon"] for id, row in codes.items()}
    full = await resources.many(ctx, COUPON, set(named.values()))
    return {id: full.get(coupon, coupon) for id, coupon in named.items()}


async def create(ctx: Context, tx: Connection, params: Row) -> Row:
    """A new code for a coupon that can be applied today; writes promotion_code.created."""
    active = params.get("active", True)
    word = params.get("code") or ids.token(_CODE_LENGTH).upper()
    if active:
        await _free(ctx, tx, word, None)  # first: codes are locked before coupons, everywhere
    coupon = await resources.lock(ctx, tx, COUPON, params["promotion"]["coupon"], "promotion[coupon]")
    if not coupon_is_valid(ctx, coupon):
        raise InvalidRequest(f"The coupon '{coupon['id']}' can no longer be redeemed.", param="promotion[coupon]")
    customer = params.get("customer") or None
    if customer:
        await customers.exists(ctx, tx, customer)
    _check(ctx, params, coupon)
    doc = {"active": active, "code": word, "customer": customer,
           "customer_account": None, "expires_at": params.get("expires_at"),
           "max_redemptions": params.get("max_redemptions"), "metadata": merged({}, params.get("metadata")),
           "promotion": {"type": "coupon", "coupon": coupon["id"]},
           "restrictions": _restrictions(params.get("restrictions") or {}), "times_redeemed": 0}
    return await resources.create(ctx, tx, PROMOTION_CODE, doc, param="code")


def _check(ctx: Context, params: Row, coupon: Row) -> None:
    until, most = params.get("expires_at"), params.get("max_redemptions")
    if until is not None and until <= ctx.clock.now().timestamp():
        raise InvalidRequest("expires_at must be in the future.", param="expires_at")
    if until is not None and coupon["redeem_by"] and until > coupon["redeem_by"]:
        raise InvalidRequest("expires_at must not be after the redeem_by of the coupon.", param="expires_at")
    if most is not None and coupon["max_redemptions"] and most > coupon["max_redemptions"]:
        raise InvalidRequest("max_redemptions must not be more than that of the coupon.", param="max_redemptions")


def _restrictions(given: Row) -> Row:
    least, currency = given.get("minimum_amount"), given.get("minimum_amount_currency")
    if (least is None) != (currency is None):
        lacks = "minimum_amount_currency" if currency is None else "minimum_amount"
        raise missing(f"restrictions[{lacks}]", "A minimum is an amount and its currency.")
    options = given.get("currency_options")
    return {"first_time_transaction": given.get("first_time_transaction", False), "minimum_amount": least,
            "minimum_amount_currency": currency, **({"currency_options": options} if options else {})}


async def _free(ctx: Context, tx: Connection, code: str, mine: str | None) -> None:
    """See that no other code in force has this word; one that is over makes way."""
    for row in await tx.execute(sql.CODE_IN_FORCE, {"env": ctx.env, "code": code}):
        if row.id == mine:
            continue
        holder = await resources.lock(ctx, tx, PROMOTION_CODE, row.id)
        if code_is_active(ctx, holder):
            raise _taken(code)
        await resources.save(ctx, tx, PROMOTION_CODE, holder, {"active": False})


def _taken(code: str) -> InvalidRequest:
    return InvalidRequest(f"An active promotion code with `code: {code}` already exists.",
                          code="resource_already_exists", param="code")


async def get(ctx: Context, id: str) -> Row:
    """One promotion code; raises NotFound."""
    return await resources.get(ctx, PROMOTION_CODE, id)


async def named(ctx: Context, tx: Connection, code: str) -> str:
    """The id of the code in force that a customer means by `code`, in either case; raises NotFound."""
    for row in await tx.execute(sql.CODE_IN_FORCE, {"env": ctx.env, "code": code}):
        return str(row.id)
    raise NotFound("promotion_code", code, "promotion_code")


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Switch a code on or off, change its metadata, add currencies to its minimum; writes promotion_code.updated."""
    row = await resources.lock(ctx, tx, PROMOTION_CODE, id)
    changes: Row = {name: params[name] for name in ("active", "metadata") if name in params}
    if params.get("restrictions"):
        options = {**row["restrictions"].get("currency_options", {}), **params["restrictions"]["currency_options"]}
        changes["restrictions"] = {**row["restrictions"], "currency_options": options}
    if changes.get("active"):
        await _free(ctx, tx, row["code"], id)
    try:
        return await resources.save(ctx, tx, PROMOTION_CODE, row, changes)
    except Exception as error:
        if constraint(error) == "one_active_promotion_code":
            raise _taken(row["code"]) from error
        raise


async def find(ctx: Context, params: Row) -> Row:
    """A page of codes, newest first; filters active, code, coupon, created, customer."""
    return await resources.find(ctx, PROMOTION_CODE, params)
