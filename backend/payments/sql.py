"""Statements of payments. Each step of a payment is one call of `pay.payment_write`: one round trip, one commit."""

from sqlalchemy import text

from backend.pages import keyset

WRITE = "pay.payment_write(%s, %s::jsonb)"
READ = "pay.payment_read(%s, %s, %s, %s)"
WRITE_IN = text("SELECT pay.payment_write(:env, CAST(:doc AS jsonb))")

CHANGED = "ZZ002"
"""SQLSTATE: the payment changed since it was read."""
NOT_OURS = "ZZ003"
"""SQLSTATE: somebody else settled the attempt (or finished the authentication)."""

CURRENCY_TIES = frozenset({"charge_env_payment_id_currency_fkey", "authentication_env_payment_id_currency_fkey"})
"""What was made in the payment's currency keeps it from changing."""
WALLS = frozenset({"one_live_authorisation", "one_open_operation"})
"""The indexes that keep two live messages of one payment apart (money rule 5)."""

GET = "SELECT to_jsonb(p) AS row FROM pay.payment p WHERE env = %s AND id = %s"
FIND = keyset("""
SELECT to_jsonb(p) AS row FROM pay.payment p
 WHERE env = %(env)s AND (%(customer)s::text IS NULL OR customer_id = %(customer)s)
   AND (%(status)s::text IS NULL OR status = %(status)s)
   AND (%(gte)s::timestamptz IS NULL OR created_at >= %(gte)s)
   AND (%(lte)s::timestamptz IS NULL OR created_at <= %(lte)s)
""", "pay.payment", "p")
CHARGE_GET = """
SELECT to_jsonb(c) AS charge, to_jsonb(p) AS payment FROM pay.charge c
  JOIN pay.payment p ON (p.env, p.id) = (c.env, c.payment_id) WHERE c.env = %s AND c.id = %s
"""
CHARGE_FIND = keyset("""
SELECT to_jsonb(c) AS charge, to_jsonb(p) AS payment FROM pay.charge c
  JOIN pay.payment p ON (p.env, p.id) = (c.env, c.payment_id)
 WHERE c.env = %(env)s AND (%(customer)s::text IS NULL OR c.customer_id = %(customer)s)
   AND (%(payment)s::text IS NULL OR c.payment_id = %(payment)s)
""", "pay.charge", "c")
ATTEMPTS = """
SELECT to_jsonb(a) AS row FROM pay.attempt a WHERE env = %s AND payment_id = %s ORDER BY sent_at, number
"""
ATTEMPT_WON = """
SELECT to_jsonb(a) AS row FROM pay.attempt a
 WHERE env = %s AND payment_id = %s AND kind IN ('authorize', 'sale') AND status = 'approved'
"""
ATTEMPT_GET = "SELECT to_jsonb(a) AS row FROM pay.attempt a WHERE env = %s AND id = %s"
ATTEMPTS_LEASE = """
WITH due AS (
  SELECT id FROM pay.attempt WHERE env = %(env)s AND status IN ('sent', 'unknown') AND next_check_at <= now()
     AND (leased_until IS NULL OR leased_until < now())
   ORDER BY next_check_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE pay.attempt a SET check_no = check_no + 1, leased_until = now() + make_interval(secs => %(lease)s)
  FROM due WHERE a.env = %(env)s AND a.id = due.id RETURNING to_jsonb(a) AS row
"""
ATTEMPTS_HURRY = """
UPDATE pay.attempt SET next_check_at = now(), leased_until = NULL WHERE env = %s AND status IN ('sent', 'unknown')
"""
UNFINISHED = """
SELECT p.id, coalesce((SELECT max(number) FROM pay.attempt a WHERE a.env = p.env AND a.payment_id = p.id), 0) AS number
  FROM pay.payment p WHERE env = %s AND status NOT IN ('succeeded', 'canceled')
"""
ATTEMPT_CANCELING = """
UPDATE pay.attempt SET cancel_sent_at = coalesce(cancel_sent_at, now()),
       leased_until = now() + make_interval(secs => %s)
 WHERE env = %s AND id = %s AND check_no = %s AND status IN ('sent', 'unknown')
"""
ATTEMPT_LATER = text("""
UPDATE pay.attempt SET status = :status, next_check_at = now() + make_interval(secs => :pause), leased_until = NULL,
       note = :note
 WHERE env = :env AND id = :id AND check_no = :check_no AND status IN ('sent', 'unknown')
""")
AUTHENTICATION_GET = "SELECT to_jsonb(a) AS row FROM pay.authentication a WHERE env = %s AND id = %s"
AUTHENTICATION_OPEN = """
SELECT to_jsonb(a) AS row FROM pay.authentication a WHERE env = %s AND payment_id = %s AND status = 'challenge'
 ORDER BY created_at DESC LIMIT 1
"""
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
