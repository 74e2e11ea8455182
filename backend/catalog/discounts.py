"""A coupon, or the promotion code for one, applied to the lines of an order; the conditions that they have."""

from typing import Any

from backend import money
from backend.catalog import amounts, sql
from backend.catalog.tables import COUPON, PROMOTION_CODE, code_is_active, coupon_is_valid
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest
from backend.resources import resources

Row = dict[str, Any]
HERE = "discounts[0]"


async def apply(ctx: Context, tx: Connection, given: Row, lines: list[Row], customer: str | None) -> Row:
    """Take the discount off `lines`, in place; returns {coupon, promotion_code}. Nothing is redeemed yet.

    Raises InvalidRequest when it is over, or not meant for this customer or order.
    """
    if len(given) != 1:
        raise InvalidRequest("A discount has exactly one of coupon and promotion_code.", param=f"{HERE}[coupon]",
                             code="parameters_exclusive" if given else "parameter_missing")
    code = None
    param = f"{HERE}[coupon]"
    if "promotion_code" in given:
        param = f"{HERE}[promotion_code]"
        code = await resources.read(ctx, tx, PROMOTION_CODE, given["promotion_code"], param)
        await _check(ctx, code, lines, customer, param)
    coupon = await resources.read(ctx, tx, COUPON, code["promotion"]["coupon"] if code else given["coupon"], param)
    if not coupon_is_valid(ctx, coupon):
        raise InvalidRequest(f"The coupon '{coupon['id']}' can no longer be redeemed.", code="coupon_expired",
                             param=param)
    _take_off(coupon, lines, param)
    return {"coupon": coupon["id"], "promotion_code": code["id"] if code else None}


async def _check(ctx: Context, code: Row, lines: list[Row], customer: str | None, param: str) -> None:
    if not code_is_active(ctx, code):
        raise InvalidRequest(f"The promotion code '{code['id']}' can no longer be redeemed.", code="coupon_expired",
                             param=param)
    if code["customer"] and code["customer"] != customer:
        raise InvalidRequest("This promotion code belongs to another customer.", param=param)
    limits, currency = code["restrictions"], lines[0]["currency"]
    if limits["first_time_transaction"] and (customer is None or await _paid_before(ctx, customer)):
        raise InvalidRequest("This promotion code is for the first order of a customer: pass a customer who has not "
                             "paid before.", param=param)
    least = limits["minimum_amount"]
    if least is None:
        return
    if currency != limits["minimum_amount_currency"]:
        least = (limits.get("currency_options") or {}).get(currency, {}).get("minimum_amount")
    if least is None or sum(line["amount_subtotal"] for line in lines) < least:
        raise InvalidRequest("This order is below the minimum amount of the promotion code"
                             f"{f' ({least} in {currency})' if least else f', which has none in {currency}'}.",
                             param=param)


async def require_theirs(ctx: Context, tx: Connection, code: str, customer: str | None) -> None:
    """Raise InvalidRequest `coupon_expired` when a code is no longer for this customer: asked again when they pay, for
    they may have paid something else meanwhile."""
    limits = (await resources.read(ctx, tx, PROMOTION_CODE, code))["restrictions"]
    if limits["first_time_transaction"] and customer and await _paid_before(ctx, customer):
        raise InvalidRequest("The discount of this order is for the first order of a customer. Nothing was charged.",
                             code="coupon_expired", param="promotion_code")


async def _paid_before(ctx: Context, customer: str) -> bool:
    return bool((await ctx.db.rows(ctx.env, sql.PAID_BEFORE, (ctx.env, customer)))[0]["paid"])


def _take_off(coupon: Row, lines: list[Row], param: str) -> None:
    """The lines' shares, to the last minor unit; only the products that the coupon is for take part."""
    only = (coupon["applies_to"] or {}).get("products")
    meant = [line for line in lines if not only or line["product_id"] in only]
    if not meant:
        raise InvalidRequest("The coupon is for other products than those of this order.", param=param)
    currency = lines[0]["currency"]
    off = amounts.discount([line["amount_subtotal"] for line in meant], percent=coupon["percent_text"],
                           amount=_amount(coupon, currency, param), step=money.step(currency))
    for line, share in zip(meant, off, strict=True):
        line["amount_discount"] = share
        line["amount_total"] = line["amount_subtotal"] - share


def _amount(coupon: Row, currency: str, param: str) -> int | None:
    if coupon["amount_off"] is None:
        return None
    if currency == coupon["currency"]:
        return int(coupon["amount_off"])
    option = coupon["currency_options"].get(currency)
    if option is None:
        raise InvalidRequest(f"The coupon '{coupon['id']}' takes off an amount in {coupon['currency']}, and has none "
                             f"in {currency}.", param=param)
    return int(option["amount_off"])
