"""Statements of attempts. They are born and settled by the commits of their subjects, each a statement of its noun."""

from sqlalchemy import text

WRITE = "pay.attempts_write(%s, %s::jsonb)"

CHANGED = "ZZ002"
"""SQLSTATE: the subject changed since it was read."""
NOT_OURS = "ZZ003"
"""SQLSTATE: somebody else settled the attempt (or finished the authentication)."""
HELD = "ZZ004"
"""SQLSTATE: another request holds the key of one of several rows."""
WALLS = frozenset({"one_live_authorisation", "one_open_operation", "one_live_refund", "attempt_env_network_key_key"})
"""The indexes that keep two live messages of one subject apart (money rule 5), and two messages of one number."""
REFERENCE = "acquirer_ref_once"
"""The index that lets an acquirer name two messages alike only once."""

GET = "SELECT to_jsonb(a) AS row FROM pay.attempt a WHERE env = %s AND id = %s"
OF_PAYMENT = """
SELECT to_jsonb(a) AS row FROM pay.attempt a WHERE env = %s AND payment_id = %s ORDER BY sent_at, number
"""
OF_REFUND = """
SELECT to_jsonb(a) AS row FROM pay.attempt a WHERE env = %s AND refund_id = %s AND kind = 'refund' ORDER BY number
"""
WON = """
SELECT to_jsonb(a) AS row FROM pay.attempt a
 WHERE env = %s AND payment_id = %s AND kind IN ('authorize', 'sale') AND status = 'approved'
"""
VERIFICATION = """
SELECT (SELECT coalesce(max(number), 0) FROM pay.attempt
         WHERE env = %(env)s AND payment_method_id = %(method)s AND kind = 'verify') AS number,
       (SELECT to_jsonb(a) FROM pay.attempt a
         WHERE env = %(env)s AND payment_method_id = %(method)s AND kind = 'verify' AND asked->>'key' = %(key)s
           AND sent_at > %(since)s ORDER BY number DESC LIMIT 1) AS row
"""
INCREMENTS = """
SELECT count(*) AS tried FROM pay.attempt
 WHERE env = %s AND payment_id = %s AND kind = 'increment' AND status <> 'failed'
"""
"""How often an authorisation was to be raised, the declined ones included; not what surely never arrived."""
LEASE = """
WITH due AS (
  SELECT id FROM pay.attempt WHERE env = %(env)s AND status IN ('sent', 'unknown') AND next_check_at <= now()
     AND (leased_until IS NULL OR leased_until < now())
     AND (%(only)s::text IS NULL OR connector = %(only)s) AND NOT connector = ANY (%(but)s::text[])
   ORDER BY next_check_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE pay.attempt a SET check_no = check_no + 1, leased_until = now() + make_interval(secs => %(lease)s)
  FROM due WHERE a.env = %(env)s AND a.id = due.id RETURNING to_jsonb(a) AS row
"""
TRAVEL = text("""
UPDATE pay.attempt SET sent_at = sent_at + CAST(:jump AS interval)
 WHERE env = :env AND status IN ('sent', 'unknown', 'manual')
""")
HURRY = """
UPDATE pay.attempt SET next_check_at = now(), leased_until = NULL, sent_again = %s
 WHERE env = %s AND status IN ('sent', 'unknown')
"""
UNDECIDED = """
SELECT to_jsonb(a) AS row FROM pay.attempt a
 WHERE env = %s AND payment_id = %s AND connector = ANY (%s) AND kind = 'sale' AND status = 'unknown'
"""
UNDECIDED_TAKE = """
UPDATE pay.attempt a SET check_no = check_no + 1, leased_until = now() + make_interval(secs => %s)
 WHERE env = %s AND payment_id = %s AND connector = ANY (%s) AND kind = 'sale' AND status = 'unknown'
   AND (leased_until IS NULL OR leased_until < now()) RETURNING to_jsonb(a) AS row
"""
FOR_A_PERSON = "SELECT to_jsonb(a) AS row FROM pay.attempt a WHERE status = 'manual' ORDER BY env, sent_at"
"""In all environments: asked as the auditor, as is the next."""
ANYWHERE = "SELECT to_jsonb(a) AS row FROM pay.attempt a WHERE id = ANY (%s::uuid[]) ORDER BY env, sent_at"
TAKE_FROM_A_PERSON = text("""
UPDATE pay.attempt a SET status = 'unknown', check_no = check_no + 1, next_check_at = now(),
       leased_until = now() + make_interval(secs => :lease), actor = :actor, request_id = :request_id
 WHERE env = :env AND id = :id AND status = 'manual' RETURNING to_jsonb(a) AS row
""")
VERDICT_PUT = text("""
INSERT INTO pay.verdict (env, attempt_id, said, acquirer_ref, reason)
VALUES (:env, :attempt, :said, :acquirer_ref, :reason)
""")
VERDICTS = "SELECT said, acquirer_ref, reason, at FROM pay.verdict WHERE env = %s AND attempt_id = %s ORDER BY id"
CANCELING = """
UPDATE pay.attempt SET cancel_sent_at = coalesce(cancel_sent_at, now()),
       leased_until = now() + make_interval(secs => %s)
 WHERE env = %s AND id = %s AND check_no = %s AND status IN ('sent', 'unknown')
"""
AGAIN = """
UPDATE pay.attempt SET sent_again = coalesce(sent_again, 0) + 1, leased_until = now() + make_interval(secs => %s)
 WHERE env = %s AND id = %s AND check_no = %s AND status IN ('sent', 'unknown') AND cancel_sent_at IS NULL
   AND coalesce(sent_again, 0) < %s
"""
"""Never after a cancel: its tombstone, and not a message of ours, has the last word."""
LATER = text("""
UPDATE pay.attempt SET status = :status, next_check_at = now() + make_interval(secs => :pause), leased_until = NULL,
       note = :note
 WHERE env = :env AND id = :id AND check_no = :check_no AND status IN ('sent', 'unknown')
""")
