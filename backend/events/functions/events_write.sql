-- Writes events and their outbox rows. Elements: {id, type, object_id, data, previous_attributes?, api_version,
-- request_id?, idempotency_key?, created_at, awaits?}; those of a process of the release before lack `awaits`
-- (outbox_unmarked). The sequence per object is dense because its parent row is locked.
CREATE OR REPLACE FUNCTION pay.events_write(p_env bigint, p_events jsonb) RETURNS void
LANGUAGE sql SET search_path = pay, pg_temp AS $$
  WITH given AS (
    SELECT * FROM ROWS FROM (jsonb_to_recordset(p_events) AS (id text, type text, object_id text, data text,
             previous_attributes text, api_version text, request_id text, idempotency_key text, created_at timestamptz,
             awaits text[]))
           WITH ORDINALITY AS e(id, type, object_id, data, previous_attributes, api_version, request_id,
             idempotency_key, created_at, awaits, n)),
  written AS (
    INSERT INTO event (env, id, type, object_id, object_seq, api_version, data, previous_attributes, request_id,
                       idempotency_key, created_at)
    SELECT p_env, e.id, e.type, e.object_id,
           coalesce((SELECT max(object_seq) FROM event v WHERE v.env = p_env AND v.object_id = e.object_id), 0)
             + row_number() OVER (PARTITION BY e.object_id ORDER BY e.n),
           e.api_version, e.data, e.previous_attributes, e.request_id, e.idempotency_key, e.created_at
      FROM given e)
  INSERT INTO outbox (env, event_id, awaits) SELECT p_env, id, awaits FROM given ORDER BY n $$;
REVOKE ALL ON FUNCTION pay.events_write(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.events_write(bigint,jsonb) TO farthing_app;
