"""Statements of the catalogue beyond those that every plain resource has."""

from sqlalchemy import text

HAS_PRICES = text("SELECT EXISTS (SELECT FROM pay.price WHERE env = :env AND product_id = :product)")
PRICE_OF_KEY = text("SELECT id FROM pay.price WHERE env = :env AND lookup_key = :lookup_key")
PRODUCTS_THERE = text("SELECT id FROM pay.product WHERE env = :env AND id = ANY(:ids) AND deleted_at IS NULL")
CODE_IN_FORCE = text("""
SELECT id FROM pay.promotion_code
 WHERE env = :env AND lower(doc->>'code') = lower(:code) AND doc->>'active' = 'true' AND deleted_at IS NULL
""")
CODES_OFF = text("""
UPDATE pay.promotion_code SET doc = jsonb_set(doc, '{active}', 'false')
 WHERE env = :env AND coupon_id = :coupon AND doc->>'active' = 'true'
""")
# Codes before coupons, everywhere: two orders that redeem both never wait for each other in a circle.
_RAISE = """
UPDATE pay.{table} SET doc = jsonb_set(doc, '{{times_redeemed}}', to_jsonb((doc->>'times_redeemed')::bigint + 1))
 WHERE env = :env AND id = :id AND deleted_at IS NULL {more}
   AND ((doc->>'times_redeemed')::bigint < (doc->>'max_redemptions')::bigint) IS NOT FALSE
   AND ((doc->>'{until}')::bigint > :now) IS NOT FALSE
"""
COUPON_REDEEM = text(_RAISE.format(table="coupon", until="redeem_by", more=""))
CODE_REDEEM = text(_RAISE.format(table="promotion_code", until="expires_at", more="AND doc->>'active' = 'true'"))
_LOWER = """
UPDATE pay.{table} SET doc = jsonb_set(doc, '{{times_redeemed}}', to_jsonb((doc->>'times_redeemed')::bigint - 1))
 WHERE env = :env AND id = :id AND (doc->>'times_redeemed')::bigint > 0
"""
COUPON_RETURN = text(_LOWER.format(table="coupon"))
CODE_RETURN = text(_LOWER.format(table="promotion_code"))
PAID_BEFORE = """
SELECT EXISTS (SELECT FROM pay.payment WHERE env = %s AND customer_id = %s
                  AND status IN ('succeeded', 'requires_capture')) AS paid
"""
