"""Statements of the idempotency keys (money rule 4) and of the log of requests."""

from sqlalchemy import text

from backend.pages import keyset

FIND = """
SELECT recovery_point, request_hash, response_code, convert_from(response_body, 'UTF8') AS body, request_id
  FROM pay.idempotency WHERE env = %s AND key = %s
"""
FINISH = text("SELECT pay.keys_finish(:env, CAST(:answers AS jsonb))")
CLAIM_IN = text("SELECT pay.key_claim(:env, CAST(:claim AS jsonb))")
GROW = """
UPDATE pay.idempotency SET response_body = convert_to(%s, 'UTF8')
 WHERE env = %s AND key = %s AND response_body = convert_to(%s, 'UTF8') RETURNING key
"""
REAP = "pay.keys_forget(now() - make_interval(hours => %s))"
"""By the clock that dated the keys, the database's: a worker whose own is ahead forgets nothing early."""

# Not worth a wait for the disk: `quick` lets this commit alone return before it is on it.
REQUESTS_INSERT = """
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
given AS MATERIALIZED (
  SELECT g.* FROM quick, jsonb_to_recordset(%(rows)s::jsonb) AS g(
    at timestamptz, id text, method text, path text, status smallint, ms real, code text, key_id text, version text,
    idempotency_key text, ip text, user_agent text, params text, answer text, objects text[])),
put AS (
  INSERT INTO pay.request (env, at, id, method, path, status, ms, code, key_id, version, idempotency_key, ip,
                           user_agent, params, answer, objects)
  SELECT %(env)s, at, id, method, path, status, ms, code, key_id, version, idempotency_key, ip, user_agent, params,
         answer, objects FROM given
      ON CONFLICT DO NOTHING)
INSERT INTO pay.request_object (env, object_id, at, id)
SELECT %(env)s, o, at, id FROM given, unnest(objects) AS o ON CONFLICT DO NOTHING
"""
_LINE = """
r.id, r.at, r.method, r.path, r.status, r.ms, r.code, r.version, r.idempotency_key, r.ip, r.user_agent, r.objects,
k.id AS key_id, k.name AS key_name, k.prefix AS key_prefix, k.last4 AS key_last4, k.kind AS key_kind
"""
_FROM = " FROM pay.request r LEFT JOIN core.api_key k ON k.env = r.env AND k.id = r.key_id WHERE r.env = "
REQUESTS = keyset(f"SELECT {_LINE} {_FROM} %(env)s", "pay.request", "r", "at", "id", filters={
    "status_from": "r.status >= %(status_from)s", "status_to": "r.status <= %(status_to)s",
    "id": "r.id = %(id)s", "method": "r.method = %(method)s", "path": "starts_with(r.path, %(path)s)",
    "since": "r.at >= %(since)s", "until": "r.at < %(until)s",
    "object": "(r.at, r.id) IN (SELECT o.at, o.id FROM pay.request_object o WHERE o.env = %(env)s "
              "AND o.object_id = %(object)s ORDER BY o.at DESC LIMIT 1000)"})
REQUEST_GET = f"SELECT {_LINE}, r.params, r.answer {_FROM} %s AND r.id = %s ORDER BY r.at DESC LIMIT 1"
