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
