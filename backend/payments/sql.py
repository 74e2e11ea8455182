"""Statements of payments. Each step of a payment is one call of `pay.payment_write`: one round trip, one commit."""

from sqlalchemy import text

from backend.pages import keyset
from backend.search import Field, Searchable

WRITE = "pay.payment_commit(%s, %s::jsonb)"
READ = "pay.payments_read(%s, %s::jsonb)"
WRITE_IN = text("SELECT pay.payment_commit(:env, CAST(:doc AS jsonb))")

CHANGED = "ZZ002"
"""SQLSTATE: the payment changed since it was read, inside a caller's transaction."""
INSUFFICIENT = "ZZ005"
"""SQLSTATE: the balance does not cover the refund."""
OVER = "ZZ006"
"""SQLSTATE: less than that is left to refund."""

CURRENCY_TIES = frozenset({"charge_env_payment_id_currency_fkey", "authentication_env_payment_id_currency_fkey"})
"""What was made in the payment's currency keeps it from changing."""

GET = "SELECT to_jsonb(p) AS row FROM pay.payment p WHERE env = %s AND id = %s"
MANY = "SELECT to_jsonb(p) AS row FROM pay.payment p WHERE env = %s AND id = ANY(%s)"
FIND = keyset("SELECT to_jsonb(p) AS row FROM pay.payment p WHERE env = %(env)s", "pay.payment", "p",
              filters={"customer": "customer_id = %(customer)s", "status": "status = %(status)s"})
REFUND_GET = "SELECT to_jsonb(r) AS row FROM pay.refund r WHERE env = %s AND id = %s"
CHARGE_GET = """
SELECT to_jsonb(c) AS charge, to_jsonb(p) AS payment FROM pay.charge c
  JOIN pay.payment p ON (p.env, p.id) = (c.env, c.payment_id) WHERE c.env = %s AND c.id = %s
"""
CHARGES = """
SELECT to_jsonb(c) AS charge, to_jsonb(p) AS payment FROM pay.charge c
  JOIN pay.payment p ON (p.env, p.id) = (c.env, c.payment_id) WHERE c.env = %s AND c.id = ANY(%s)
"""
CHARGES_OF_INTENTS = """
SELECT charge, payment FROM (
  SELECT to_jsonb(c) AS charge, to_jsonb(p) AS payment,
         row_number() OVER (PARTITION BY c.payment_id ORDER BY c.created_at DESC, c.id DESC) AS place
    FROM pay.charge c JOIN pay.payment p ON (p.env, p.id) = (c.env, c.payment_id)
   WHERE c.env = %s AND c.payment_id = ANY(%s)) newest
 WHERE place <= 11 ORDER BY place
"""
CHARGE_FIND = keyset("""
SELECT to_jsonb(c) AS charge, to_jsonb(p) AS payment FROM pay.charge c
  JOIN pay.payment p ON (p.env, p.id) = (c.env, c.payment_id) WHERE c.env = %(env)s
""", "pay.charge", "c", filters={"customer": "c.customer_id = %(customer)s", "payment": "c.payment_id = %(payment)s",
                                "transfer_group": "CASE WHEN c.own->>'transfer_group' IS NULL THEN p.transfer_group "
                                                  "ELSE c.own->>'transfer_group' END = %(transfer_group)s"})
CHARGE_LOCK = text("""
SELECT to_jsonb(c) AS charge, to_jsonb(p) AS payment FROM pay.charge c
  JOIN pay.payment p ON (p.env, p.id) = (c.env, c.payment_id) WHERE c.env = :env AND c.id = :id FOR NO KEY UPDATE OF c
""")
CHARGE_SAY = text("UPDATE pay.charge SET own = CAST(:own AS jsonb) WHERE env = :env AND id = :id")
CHARGE_NUMBER = """
UPDATE pay.charge SET receipt_number = coalesce(receipt_number, %(number)s) WHERE env = %(env)s AND id = %(id)s
RETURNING receipt_number
"""
REFUND_NUMBER = """
UPDATE pay.refund SET receipt_number = coalesce(receipt_number, %(number)s) WHERE env = %(env)s AND id = %(id)s
RETURNING receipt_number
"""
NUMBERS = frozenset({"charge_receipt", "refund_receipt"})
"""What keeps a receipt's number from being given twice."""
# What became of the money, where the intent's own status does not say it.
_MONEY = """CASE
  WHEN p.status = 'succeeded' AND EXISTS (
    SELECT 1 FROM pay.charge c WHERE c.env = %(env)s AND c.payment_id = p.id AND c.disputed) THEN 'disputed'
  WHEN p.refund_reserved > 0 AND p.refund_reserved = p.captured THEN 'refunded'
  WHEN p.refund_reserved > 0 THEN 'partially_refunded'
  WHEN p.status = 'succeeded' AND p.captured < p.amount THEN 'partially_captured'
  WHEN p.status = 'requires_payment_method' AND p.last_payment_error IS NOT NULL THEN 'failed'
  ELSE p.status END"""
REPORT_FIND = keyset(
    f"SELECT to_jsonb(p) AS row, {_MONEY} AS money FROM pay.payment p WHERE p.env = %(env)s",  # noqa: S608 - constants
    "pay.payment", "p", filters={"money": f"{_MONEY} = %(money)s"})
REPORT_GET = f"SELECT {_MONEY} AS money FROM pay.payment p WHERE p.env = %(env)s AND p.id = %(id)s"  # noqa: S608
SEARCH_INTENTS = Searchable(
    "SELECT to_jsonb(p) AS row FROM pay.payment p WHERE p.env = %(env)s", "pay.payment", "p", "p.metadata", {
        "amount": Field("p.amount", "number"), "created": Field("p.created_at", "time"),
        "currency": Field("p.currency", "token"), "customer": Field("p.customer_id", "token"),
        "status": Field("p.status", "token")})
SEARCH_CHARGES = Searchable("""
SELECT to_jsonb(c) AS charge, to_jsonb(p) AS payment FROM pay.charge c
  JOIN pay.payment p ON (p.env, p.id) = (c.env, c.payment_id) WHERE c.env = %(env)s
""", "pay.charge", "c", "p.metadata", {
    "amount": Field("c.amount", "number"), "created": Field("c.created_at", "time"),
    "currency": Field("c.currency", "token"), "customer": Field("c.customer_id", "token"),
    "refunded": Field("c.refunded", "boolean"), "status": Field("c.status", "token"),
    "billing_details.address.postal_code": Field("(c.billing_details #>> '{address,postal_code}')", "text"),
    **{f"payment_method_details.card.{name}": Field(f"(c.payment_method_details #>> '{{card,{name}}}')", "token")
       for name in ("brand", "fingerprint", "last4")},
    **{f"payment_method_details.card.{name}": Field(
        f"(c.payment_method_details #>> '{{card,{name}}}')::bigint", "number") for name in ("exp_month", "exp_year")}})
UNFINISHED = """
SELECT p.id, coalesce((SELECT max(number) FROM pay.attempt a WHERE a.env = p.env AND a.payment_id = p.id), 0) AS number
  FROM pay.payment p WHERE env = %s AND status NOT IN ('succeeded', 'canceled')
"""
AUTHENTICATION_GET = "SELECT to_jsonb(a) AS row FROM pay.authentication a WHERE env = %s AND id = %s"
HISTORY = """
SELECT entity, id, seq, from_s, to_s, actor, at FROM pay.history
 WHERE env = %(env)s AND ((entity = 'payment' AND id = %(id)s)
    OR (entity = 'attempt'
        AND id IN (SELECT a.id::text FROM pay.attempt a WHERE env = %(env)s AND payment_id = %(id)s)))
 ORDER BY at, entity, seq
"""
VOLUME = """
SELECT currency, sum(captured)::bigint AS amount, count(*) AS payments FROM pay.payment
 WHERE env = %s AND created_at >= %s AND status = 'succeeded' GROUP BY currency ORDER BY 2 DESC
"""
