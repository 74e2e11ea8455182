"""The plain resources of the catalogue: where each is kept, what its lists filter by, what is computed when shown."""

from typing import Any

from backend.catalog import shapes
from backend.context import Context
from backend.resources.resources import Resource

Row = dict[str, Any]
PRODUCT = Resource(shapes.PRODUCT, "prod", "pay.product", "/v1/products", "product", own_ids=True, filters={
    "active": "(doc->>'active')::boolean = %(active)s", "ids": "id = ANY(%(ids)s)",
    "shippable": "(doc->>'shippable')::boolean = %(shippable)s", "type": "doc->>'type' = %(type)s",
    "url": "doc->>'url' = %(url)s"}, searched={
    "active": "boolean", "description": "text", "name": "text", "shippable": "boolean", "url": "text"})
PRICE = Resource(shapes.PRICE, "price", "pay.price", "/v1/prices", "price", filters={
    "active": "(doc->>'active')::boolean = %(active)s", "currency": "doc->>'currency' = %(currency)s",
    "lookup_keys": "lookup_key = ANY(%(lookup_keys)s)", "product": "product_id = %(product)s",
    "type": "doc->>'type' = %(type)s", "interval": "doc #>> '{recurring,interval}' = %(interval)s",
    "usage_type": "doc #>> '{recurring,usage_type}' = %(usage_type)s"}, searched={
    "active": "boolean", "currency": "token", "lookup_key": "text", "product": "token", "type": "token"})
SHIPPING_RATE = Resource(shapes.SHIPPING_RATE, "shr", "pay.shipping_rate", "/v1/shipping_rates", filters={
    "active": "(doc->>'active')::boolean = %(active)s",
    "currency": "doc #>> '{fixed_amount,currency}' = %(currency)s"})


def coupon_is_valid(ctx: Context, row: Row) -> bool:
    """Whether it can be applied today."""
    return not row.get("deleted_at") and not _used_up(row) and not _past(ctx, row.get("redeem_by"))


def code_is_active(ctx: Context, row: Row) -> bool:
    """Whether the code can be typed today; its coupon has conditions of its own."""
    return bool(row["active"]) and not _used_up(row) and not _past(ctx, row.get("expires_at"))


def _used_up(row: Row) -> bool:
    return row.get("max_redemptions") is not None and row["times_redeemed"] >= row["max_redemptions"]


def _past(ctx: Context, second: int | None) -> bool:
    return second is not None and second <= ctx.clock.now().timestamp()


def _coupon(ctx: Context, row: Row) -> Row:
    return shapes.COUPON.render(row, livemode=ctx.livemode, valid=coupon_is_valid(ctx, row))


def _code(ctx: Context, row: Row) -> Row:
    return shapes.PROMOTION_CODE.render(row, livemode=ctx.livemode, active=code_is_active(ctx, row))


_IN_FORCE = ("(doc->>'active' = 'true' "
             "AND ((doc->>'expires_at')::bigint > extract(epoch FROM %(now)s::timestamptz)) IS NOT FALSE "
             "AND ((doc->>'times_redeemed')::bigint < (doc->>'max_redemptions')::bigint) IS NOT FALSE) = %(active)s")
COUPON = Resource(shapes.COUPON, "coupon", "pay.coupon", "/v1/coupons", "coupon", shape=_coupon, own_ids=True,
                  private=("percent_text",))
PROMOTION_CODE = Resource(
    shapes.PROMOTION_CODE, "promo", "pay.promotion_code", "/v1/promotion_codes", "promotion_code", shape=_code,
    filters={"active": _IN_FORCE,
             "code": "lower(doc->>'code') = lower(%(code)s)", "coupon": "coupon_id = %(coupon)s",
             "customer": "customer_id = %(customer)s"})
