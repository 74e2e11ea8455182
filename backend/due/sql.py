"""Statements of timers. A payment's commit sets them by `pay.due_write`."""

from sqlalchemy import text

PUT = text("""
INSERT INTO pay.due AS d (env, kind, object_id, at) VALUES (:env, :kind, :object_id, :at)
ON CONFLICT (env, kind, object_id) DO UPDATE SET at = excluded.at, leased_until = NULL, lease = d.lease + 1
""")
CANCEL = text("DELETE FROM pay.due WHERE env = :env AND kind = :kind AND object_id = :object_id")
TAKE = """
WITH taken AS (
  SELECT object_id FROM pay.due
   WHERE env = %(env)s AND kind = %(kind)s AND at <= %(now)s
     AND (leased_until IS NULL OR leased_until < now())
   ORDER BY at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE pay.due d SET leased_until = now() + make_interval(secs => %(lease)s), lease = d.lease + 1
  FROM taken WHERE d.env = %(env)s AND d.kind = %(kind)s AND d.object_id = taken.object_id
RETURNING d.object_id, d.lease
"""
PUT_OFF = """
UPDATE pay.due SET at = %s, leased_until = NULL WHERE env = %s AND kind = %s AND object_id = %s AND lease = %s
"""
DROP = "DELETE FROM pay.due WHERE env = %s AND kind = %s AND object_id = %s AND lease = %s"
HAS = "SELECT at FROM pay.due WHERE env = %s AND kind = %s AND object_id = %s"
EVERYWHERE = "SELECT object_id FROM pay.due WHERE kind = %s ORDER BY env, at"
AT_ONCE = """
INSERT INTO pay.due AS d (env, kind, object_id, at)
SELECT %(env)s, %(kind)s, unnest(%(objects)s::text[]), %(now)s
ON CONFLICT (env, kind, object_id) DO UPDATE SET at = least(d.at, excluded.at), leased_until = NULL, lease = d.lease + 1
"""
