-- Sets, moves and cancels timers in the commit of what they belong to. Elements: {kind, object_id, at}; without `at` the
-- timer is cancelled. Who had taken one that is moved has it no more.
CREATE OR REPLACE FUNCTION pay.due_write(p_env bigint, p_timers jsonb) RETURNS void
LANGUAGE sql SET search_path = pay, pg_temp AS $$
  DELETE FROM due d USING jsonb_to_recordset(p_timers) AS t(kind text, object_id text, at timestamptz)
   WHERE t.at IS NULL AND d.env = p_env AND d.kind = t.kind AND d.object_id = t.object_id;
  INSERT INTO due AS d (env, kind, object_id, at)
  SELECT p_env, t.kind, t.object_id, t.at
    FROM jsonb_to_recordset(p_timers) AS t(kind text, object_id text, at timestamptz)
   WHERE t.at IS NOT NULL ORDER BY t.kind, t.object_id
  ON CONFLICT (env, kind, object_id) DO UPDATE SET at = excluded.at, leased_until = NULL, lease = d.lease + 1 $$;
REVOKE ALL ON FUNCTION pay.due_write(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.due_write(bigint,jsonb) TO farthing_app;
