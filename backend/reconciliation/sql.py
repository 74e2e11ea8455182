"""Statements of reconciliation: the acquirers' own records."""

ENVIRONMENTS = "SELECT id FROM core.environment ORDER BY id"
OWNERS = "SELECT env, network_key FROM pay.attempt WHERE network_key = ANY (%s)"
RECORDS_PUT = """
INSERT INTO pay.acquirer_record (env, connector, network_key, acquirer_ref, kind, amount, currency, status)
SELECT %(env)s, r.connector, r.network_key, r.acquirer_ref, r.kind, r.amount, r.currency, r.status
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(connector text, network_key text, acquirer_ref text, kind text,
                                                amount bigint, currency text, status text)
ON CONFLICT (env, connector, network_key) DO UPDATE
   SET (acquirer_ref, kind, amount, currency, status, imported_at)
     = (EXCLUDED.acquirer_ref, EXCLUDED.kind, EXCLUDED.amount, EXCLUDED.currency, EXCLUDED.status, now())
"""
RECORDS_WEIGHED = "ANALYZE pay.acquirer_record, pay.attempt, pay.payment"
"""So that the checks that follow join by hash: fresh tables without statistics were joined row by row (P10)."""
RECORDS_CLAIMED = "DELETE FROM pay.acquirer_record WHERE env = 0 AND network_key = ANY (%s)"
"""Rows that stood under env 0 and have found their attempt since."""

ORPHANS = """
SELECT connector, network_key, acquirer_ref, kind, amount, currency, status FROM pay.acquirer_record
 WHERE env = 0 ORDER BY network_key
"""
ORPHAN_PUT = """
INSERT INTO pay.orphan (env, connector, network_key, kind, amount, currency, found, action, payment_id)
VALUES (%(env)s, %(connector)s, %(network_key)s, %(kind)s, %(amount)s, %(currency)s, %(status)s, %(action)s,
        %(payment_id)s) ON CONFLICT DO NOTHING
"""
DIFFERENCES = """
SELECT currency, sum(amount)::bigint AS amount FROM (
  SELECT currency, debits - credits AS amount FROM pay.account WHERE kind = 'acquirer_clearing'
  UNION ALL
  SELECT currency, CASE WHEN kind IN ('capture', 'sale', 'chargeback_reversal', 'refund_return') THEN -amount
                        WHEN kind IN ('refund', 'chargeback', 'settlement') THEN amount ELSE 0 END
    FROM pay.acquirer_record WHERE status = 'approved') x GROUP BY currency ORDER BY currency
"""
"""Ledger minus journal in minor units per currency, over all environments; asked as the auditor."""

DUE_TIMES_BOUND = """
WITH given AS MATERIALIZED (
  SELECT %(now)s::timestamptz AS now, %(now)s::timestamptz + make_interval(secs => %(slack)s) AS at),
attempts AS (
  UPDATE pay.attempt a SET next_check_at = least(a.next_check_at, now), leased_until = NULL FROM given
   WHERE a.env = %(env)s AND a.status IN ('sent', 'unknown')
     AND (a.next_check_at > at + make_interval(secs => %(attempt)s)
       OR a.leased_until > at + make_interval(secs => %(lease)s))
  RETURNING 1),
refunds AS (
  UPDATE pay.refund r SET next_check_at = least(r.next_check_at, now), leased_until = NULL FROM given
   WHERE r.env = %(env)s AND r.next_check_at IS NOT NULL
     AND (r.next_check_at
            > at + make_interval(secs => CASE r.status WHEN 'pending' THEN %(refund)s::float ELSE %(watch)s END)
       OR r.leased_until > at + make_interval(secs => %(lease)s))
  RETURNING 1),
steps AS MATERIALIZED (
  SELECT n.id, p.ordinality - 1 AS attempts, make_interval(secs => p.value::float) AS own
    FROM pay.endpoint n, jsonb_array_elements_text(%(steps)s::jsonb->n.profile) WITH ORDINALITY p
   WHERE n.env = %(env)s),
deliveries AS (
  UPDATE pay.delivery d SET leased_until = NULL, resend_at = least(d.resend_at, %(business)s),
         next_at = least(d.next_at, %(business)s)
    FROM given, steps s, (SELECT %(business)s::timestamptz + make_interval(secs => %(slack)s) AS then) b
   WHERE d.env = %(env)s AND d.endpoint_id = s.id AND d.attempts = s.attempts AND d.due_at IS NOT NULL
     AND (d.leased_until > at + make_interval(secs => %(sending)s) OR d.resend_at > b.then
       OR d.next_at > b.then + greatest(s.own, make_interval(secs => CASE WHEN d.last_status IS NULL THEN 0
                                                                     ELSE %(asked)s END)))
  RETURNING 1),
brakes AS (
  UPDATE pay.brake b SET ends_at = least(b.ends_at, now + w.long), alarm_until = least(b.alarm_until, now + w.long)
    FROM given, jsonb_each_text(%(windows)s::jsonb) k, LATERAL (SELECT make_interval(secs => k.value::float) AS long) w
   WHERE b.env = %(env)s AND b.kind = k.key AND (b.ends_at > at + w.long OR b.alarm_until > at + w.long)
  RETURNING 1),
timers AS (
  UPDATE pay.due d SET leased_until = NULL FROM given
   WHERE d.env = %(env)s AND d.leased_until > given.at + make_interval(secs => %(timer)s)
  RETURNING 1)
SELECT (SELECT count(*) FROM attempts) AS attempts, (SELECT count(*) FROM refunds) AS refunds,
       (SELECT count(*) FROM deliveries) AS deliveries, (SELECT count(*) FROM brakes) AS brakes,
       (SELECT count(*) FROM timers) AS timers
"""
"""Makes due what waits longer than its schedule could have told it to, and says how many rows that were."""
