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
RECORDS_CLAIMED = "DELETE FROM pay.acquirer_record WHERE env = 0 AND network_key = ANY (%s)"
"""Rows that stood under env 0 and have found their attempt since."""
