-- Writes drafts of mails. Elements: {id, kind, object_id, reason, address, next_at, actor?, request_id?, created_at}. What
-- was drafted for the same reason and address before is left as it is.
CREATE OR REPLACE FUNCTION pay.mails_write(p_env bigint, p_mails jsonb) RETURNS void
LANGUAGE sql SET search_path = pay, pg_temp AS $$
  INSERT INTO mail (env, id, kind, object_id, reason, address, next_at, actor, request_id, created_at)
  SELECT p_env, m.id, m.kind, m.object_id, m.reason, m.address, m.next_at, m.actor, m.request_id, m.created_at
    FROM jsonb_to_recordset(p_mails) AS m(id text, kind text, object_id text, reason text, address text,
           next_at timestamptz, actor text, request_id text, created_at timestamptz)
   ORDER BY m.reason, m.address
  ON CONFLICT (env, reason, address) DO NOTHING $$;
REVOKE ALL ON FUNCTION pay.mails_write(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.mails_write(bigint,jsonb) TO farthing_app;
