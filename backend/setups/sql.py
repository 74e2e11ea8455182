"""Statements of setups that the plain resources do not have."""

from sqlalchemy import text

MANDATES_OF = text("""
SELECT r.doc || jsonb_build_object('env', r.env, 'id', r.id, 'created_at', r.created_at, 'deleted_at', r.deleted_at)
  FROM pay.mandate r WHERE env = :env AND payment_method_id = ANY(:methods) AND doc->>'status' = 'active'
 ORDER BY id FOR NO KEY UPDATE
""")
