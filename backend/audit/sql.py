"""Statements of the audit trail (schema: backend/migrations/sql/0050_audit.sql)."""

ENVIRONMENTS = "SELECT id FROM core.environment"
WAITING = "pay.audit_waiting()"
SEAL = "pay.audit_seal(%s, %s, %s)"
# For the auditor, who sees every environment. LEFT JOIN: a head without its block is what we look for.
HEADS_MISSING = """
SELECT h.env, h.number, encode(b.hash, 'hex') AS hash,
       (SELECT max(number) FROM pay.audit_block WHERE env = h.env) AS last
  FROM jsonb_to_recordset(%s::jsonb) AS h(env bigint, number int, hash text)
  LEFT JOIN pay.audit_block b ON (b.env, b.number) = (h.env, h.number)
 WHERE encode(b.hash, 'hex') IS DISTINCT FROM h.hash
 ORDER BY h.env, h.number
 LIMIT 20
"""
SEALED = "SELECT env, max(number) AS number, sum(audits + transfers) AS rows FROM pay.audit_block GROUP BY env"
