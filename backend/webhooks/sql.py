"""Statements of webhooks. Claiming, recording and disabling are functions of 0004_webhooks.sql and
3200_endpoint_probes.sql."""

from sqlalchemy import text

from backend.pages import keyset

# Named one by one: a prepared `*` is refused for good once a later revision has added a column.
_COLUMNS = ("env, id, url, description, metadata, api_version, connect, enabled, enabled_since, enabled_events, "
            "previous_events, previous_since, profile, attempts_max, standard_headers, secrets, failures, "
            "failing_since, disabled_reason, created_at, deleted_at")


def _named(statement: str) -> str:
    return statement.replace("COLUMNS", _COLUMNS)


LOCK = text("SELECT pay.endpoints_lock(:env, true)")
COUNT = text("SELECT count(*) FROM pay.endpoint WHERE env = :env AND deleted_at IS NULL")
INSERT = text(_named("""
INSERT INTO pay.endpoint (env, id, url, description, metadata, api_version, connect, enabled_since, enabled_events,
                          profile, attempts_max, standard_headers, secrets, created_at)
VALUES (:env, :id, :url, :description, CAST(:metadata AS jsonb), :api_version, :connect, :now, :enabled_events,
        :profile, :attempts_max, :standard_headers, CAST(:secrets AS jsonb), :now)
RETURNING COLUMNS
"""))
GET_LOCKED = text(_named(
    "SELECT COLUMNS FROM pay.endpoint WHERE env = :env AND id = :id AND deleted_at IS NULL FOR NO KEY UPDATE"))
SAVE = text("""
UPDATE pay.endpoint SET url = :url, description = :description, metadata = CAST(:metadata AS jsonb),
       enabled = :enabled, enabled_since = :enabled_since, enabled_events = :enabled_events,
       previous_events = :previous_events, previous_since = :previous_since, failures = :failures,
       failing_since = :failing_since, disabled_reason = :disabled_reason, profile = :profile,
       attempts_max = :attempts_max, standard_headers = :standard_headers, deleted_at = :deleted_at
 WHERE env = :env AND id = :id
""")
SECRETS = text("UPDATE pay.endpoint SET secrets = CAST(:secrets AS jsonb) WHERE env = :env AND id = :id")
DISABLE_IN = text("SELECT pay.endpoint_disable(:env, :id, :reason)")
GIVE_UP = "pay.endpoint_give_up(%s, %s, %s, %s::jsonb)"

GET = _named("SELECT COLUMNS FROM pay.endpoint WHERE env = %s AND id = %s AND deleted_at IS NULL")
FIND = keyset(_named("SELECT COLUMNS FROM pay.endpoint n WHERE n.env = %(env)s AND n.deleted_at IS NULL"),
              "pay.endpoint", "n")

CLAIM = """
SELECT * FROM pay.deliveries_claim(%s, %s, %s, %s, %s::jsonb, %s, %s::uuid, make_interval(secs => %s))
"""
PINNED = "SELECT id, api_version FROM pay.endpoint WHERE env = %s AND id = ANY(%s) AND api_version IS NOT NULL"
TURN = "UPDATE pay.delivery SET body = %s WHERE env = %s AND id = %s AND lease = %s AND attempts = 0"
RECORD = "pay.delivery_record(%s, %s::jsonb, %s)"
RESEND = text("""
UPDATE pay.delivery d SET resend_at = :now
  FROM pay.endpoint n
 WHERE d.env = :env AND d.id = :id AND n.env = d.env AND n.id = d.endpoint_id AND n.enabled
   AND d.created_at > :oldest
RETURNING d.id
""")
HEALTH = """
SELECT n.id, n.enabled, n.disabled_reason, n.failing_since,
       count(d.id) FILTER (WHERE d.attempts > 0 OR d.status = 'blocked')::int AS tried,
       count(d.id) FILTER (WHERE d.status IN ('failed', 'blocked') OR (d.status = 'pending' AND d.attempts > 0))::int
         AS failed
  FROM pay.endpoint n LEFT JOIN LATERAL (
    SELECT l.id, l.status, l.attempts FROM pay.delivery l WHERE l.env = n.env AND l.endpoint_id = n.id
     ORDER BY l.created_at DESC, l.id DESC LIMIT %s) d ON true
 WHERE n.env = %s AND n.id = ANY(%s) GROUP BY n.env, n.id
"""
_DELIVERY = """
SELECT d.id, d.event_id, e.type, d.endpoint_id, d.status, d.attempts, d.max_attempts, d.last_status, d.created_at,
       CASE WHEN d.next_at IS NOT NULL THEN greatest(d.next_at, (
         SELECT n.probe_at FROM pay.endpoint n WHERE n.env = d.env AND n.id = d.endpoint_id AND n.failures >= 3))
       END AS next_at
  FROM pay.delivery d JOIN pay.event e ON e.env = d.env AND e.id = d.event_id
"""
DELIVERY_GET = _DELIVERY + " WHERE d.env = %s AND d.id::text = %s"
DELIVERIES = keyset(_DELIVERY + """ WHERE d.env = %(env)s
""", "pay.delivery", "d", filters={
    "endpoint": "d.endpoint_id = %(endpoint)s", "event": "d.event_id = %(event)s", "status": "d.status = %(status)s",
    "type": "e.type = %(type)s", "last_status": "d.last_status = %(last_status)s"})
ATTEMPTS = """
SELECT env, id, delivery_id, number, manual, url, request_headers, body_sha256, outcome, status_code, error,
       response_body, latency_ms, sent_at
  FROM pay.delivery_attempt WHERE env = %s AND delivery_id = %s ORDER BY id
"""
