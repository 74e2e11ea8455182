"""Statements of refunds. They are written by the commits of payments (`pay.payment_commit`)."""

from backend.pages import keyset

READ = """
SELECT to_jsonb(p) AS payment, to_jsonb(c) AS charge, to_jsonb(a) AS original, to_jsonb(r) AS refund,
       (SELECT coalesce(sum(amount), 0)::bigint FROM pay.refund g
         WHERE (g.env, g.charge_id) = (c.env, c.id) AND g.released AND g.status = 'succeeded') AS released
  FROM pay.payment p
  LEFT JOIN pay.charge c ON (c.env, c.id) = (p.env, p.latest_charge_id)
  LEFT JOIN LATERAL (
    SELECT * FROM pay.attempt a
     WHERE (a.env, a.payment_id) = (p.env, p.id) AND a.status = 'approved' AND a.kind = CASE
       WHEN (SELECT count(*) FROM pay.attempt c WHERE (c.env, c.payment_id, c.kind, c.status)
               = (p.env, p.id, 'capture', 'approved')) = 1 THEN 'capture'
       WHEN p.capture_method = 'manual' THEN 'authorize' ELSE 'sale' END) a ON p.captured > 0
  LEFT JOIN pay.refund r ON (r.env, r.payment_id) = (p.env, p.id) AND r.id = %s
 WHERE p.env = %s AND p.id = %s
"""
"""All that a step of a refund must know: the payment, its charge, the message that took the money, the refund, and what
of the charge was released instead of captured (nothing of what was released before `releases`). Money that several
captures took is given back of their authorisation."""
GET = "SELECT to_jsonb(r) AS row FROM pay.refund r WHERE env = %s AND id = %s"
MANY = "SELECT to_jsonb(r) AS row FROM pay.refund r WHERE env = %s AND id = ANY(%s)"
OF_CHARGES = """
SELECT row FROM (
  SELECT to_jsonb(r) AS row, row_number() OVER (PARTITION BY charge_id ORDER BY created_at DESC, id DESC) AS place
    FROM pay.refund r WHERE env = %s AND charge_id = ANY(%s)) newest
 WHERE place <= 11 ORDER BY place
"""
FIND = keyset("SELECT to_jsonb(r) AS row FROM pay.refund r WHERE env = %(env)s", "pay.refund", "r",
                     filters={"payment": "payment_id = %(payment)s", "charge": "charge_id = %(charge)s"})
LEASE = """
WITH due AS (
  SELECT id FROM pay.refund WHERE env = %(env)s AND next_check_at <= now()
     AND (leased_until IS NULL OR leased_until < now())
   ORDER BY next_check_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE pay.refund r SET leased_until = now() + make_interval(secs => %(lease)s)
  FROM due WHERE r.env = %(env)s AND r.id = due.id RETURNING to_jsonb(r) AS row
"""
LATER = """
UPDATE pay.refund SET next_check_at = now() + make_interval(secs => %s), leased_until = NULL
 WHERE env = %s AND id = %s AND status = %s
"""
"""Look again after a pause (none: NULL), unless it has moved on meanwhile."""
