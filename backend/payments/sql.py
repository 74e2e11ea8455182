"""Statements of payments. Each step of a payment is one call of `pay.payment_write`: one round trip, one commit."""

WRITE = "pay.payment_write(%s, %s::jsonb)"
READ = "pay.payment_read(%s, %s, %s)"
WRITE_IN = "SELECT pay.payment_write(:env, CAST(:doc AS jsonb))"

CHANGED = "FA002"
"""SQLSTATE: the payment changed since it was read."""
NOT_OURS = "FA003"
"""SQLSTATE: somebody else settled the attempt (or finished the authentication)."""

GET = "SELECT to_jsonb(p) AS row FROM pay.payment p WHERE env = %s AND id = %s"
FIND = """
SELECT to_jsonb(p) AS row FROM pay.payment p
 WHERE env = %(env)s AND (%(customer)s::text IS NULL OR customer_id = %(customer)s)
   AND (%(status)s::text IS NULL OR status = %(status)s)
   AND (%(gte)s::timestamptz IS NULL OR created_at >= %(gte)s) AND (%(lte)s::timestamptz IS NULL OR created_at <= %(lte)s)
   AND (%(after)s::text IS NULL OR (created_at, id) < (SELECT created_at, id FROM pay.payment WHERE env = %(env)s AND id = %(after)s))
   AND (%(before)s::text IS NULL OR (created_at, id) > (SELECT created_at, id FROM pay.payment WHERE env = %(env)s AND id = %(before)s))
 ORDER BY CASE WHEN %(before)s::text IS NULL THEN created_at END DESC, CASE WHEN %(before)s::text IS NULL THEN id END DESC,
          created_at, id
 LIMIT %(limit)s
"""
CHARGE_GET = """
SELECT to_jsonb(c) AS charge, to_jsonb(p) AS payment FROM pay.charge c
  JOIN pay.payment p ON (p.env, p.id) = (c.env, c.payment_id) WHERE c.env = %s AND c.id = %s
"""
CHARGE_FIND = """
SELECT to_jsonb(c) AS charge, to_jsonb(p) AS payment FROM pay.charge c
  JOIN pay.payment p ON (p.env, p.id) = (c.env, c.payment_id)
 WHERE c.env = %(env)s AND (%(customer)s::text IS NULL OR c.customer_id = %(customer)s)
   AND (%(payment)s::text IS NULL OR c.payment_id = %(payment)s)
   AND (%(after)s::text IS NULL OR (c.created_at, c.id) < (SELECT created_at, id FROM pay.charge WHERE env = %(env)s AND id = %(after)s))
   AND (%(before)s::text IS NULL OR (c.created_at, c.id) > (SELECT created_at, id FROM pay.charge WHERE env = %(env)s AND id = %(before)s))
 ORDER BY CASE WHEN %(before)s::text IS NULL THEN c.created_at END DESC, CASE WHEN %(before)s::text IS NULL THEN c.id END DESC,
          c.created_at, c.id
 LIMIT %(limit)s
"""
ATTEMPTS = """
SELECT to_jsonb(a) AS row FROM pay.attempt a WHERE env = %s AND payment_id = %s ORDER BY sent_at, number
"""
ATTEMPT_WON = """
SELECT to_jsonb(a) AS row FROM pay.attempt a
 WHERE env = %s AND payment_id = %s AND kind IN ('authorize', 'sale') AND status = 'approved'
"""
ATTEMPTS_LEASE = """
WITH due AS (
  SELECT id FROM pay.attempt WHERE env = %(env)s AND status IN ('sent', 'unknown') AND next_check_at <= now()
     AND (leased_until IS NULL OR leased_until < now())
   ORDER BY next_check_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE pay.attempt a SET check_no = check_no + 1, leased_until = now() + interval '60 seconds'
  FROM due WHERE a.env = %(env)s AND a.id = due.id RETURNING to_jsonb(a) AS row
"""
ATTEMPT_LATER = """
UPDATE pay.attempt SET status = %s, next_check_at = now() + make_interval(secs => %s), leased_until = NULL, note = %s
 WHERE env = %s AND id = %s AND check_no = %s AND status IN ('sent', 'unknown')
"""
AUTHENTICATION_GET = "SELECT to_jsonb(a) AS row FROM pay.authentication a WHERE env = %s AND id = %s"
AUTHENTICATION_OPEN = """
SELECT to_jsonb(a) AS row FROM pay.authentication a WHERE env = %s AND payment_id = %s AND status = 'challenge'
 ORDER BY created_at DESC LIMIT 1
"""
HISTORY = """
SELECT entity, id, seq, from_s, to_s, actor, at FROM pay.history
 WHERE env = %(env)s AND ((entity = 'payment' AND id = %(id)s)
    OR (entity = 'attempt' AND id IN (SELECT a.id::text FROM pay.attempt a WHERE env = %(env)s AND payment_id = %(id)s)))
 ORDER BY at, entity, seq
"""
VOLUME = """
SELECT currency, sum(captured)::bigint AS amount, count(*) AS payments FROM pay.payment
 WHERE env = %s AND created_at >= %s AND status = 'succeeded' GROUP BY currency ORDER BY 2 DESC
"""
