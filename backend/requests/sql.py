"""Statements of the idempotency keys (money rule 4)."""

from sqlalchemy import text

FIND = """
SELECT recovery_point, request_hash, response_code, convert_from(response_body, 'UTF8') AS body, request_id,
       locked_until < now() AS abandoned
  FROM pay.idempotency WHERE env = %s AND key = %s
"""
FINISH = text("SELECT pay.keys_finish(:env, CAST(:answers AS jsonb))")
CLAIM_IN = text("SELECT pay.key_claim(:env, CAST(:claim AS jsonb))")
GROW = """
UPDATE pay.idempotency SET response_body = convert_to(%s, 'UTF8')
 WHERE env = %s AND key = %s AND response_body = convert_to(%s, 'UTF8') RETURNING key
"""
RELEASE = "DELETE FROM pay.idempotency WHERE env = :env AND key = :key AND recovery_point = 'started'"
REAP = "DELETE FROM pay.idempotency WHERE env = %s AND created_at < %s AND recovery_point = 'finished'"
