"""Statements of mails. Drafting, claiming and recording are functions."""

from sqlalchemy import text

PUT = text("SELECT pay.mails_write(:env, CAST(:mails AS jsonb))")
CLAIM = """
SELECT id, kind, object_id, reason, address, lease, attempts, created_at
  FROM pay.mails_claim(%s, %s, %s, %s, %s, make_interval(secs => %s))
"""
RECORD = "pay.mail_record(%s, %s::jsonb)"
OF_OBJECTS = """
SELECT id, kind, object_id, address, status, attempts, answer, sent_at, created_at FROM pay.mail
 WHERE env = %s AND object_id = ANY(%s) ORDER BY created_at DESC, id DESC LIMIT 100
"""
