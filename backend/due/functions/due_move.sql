-- Moves the timer of an object that has one.
CREATE OR REPLACE FUNCTION pay.due_move(p_env bigint, p_kind text, p_object_id text, p_at timestamp with time zone)
RETURNS void
LANGUAGE sql SET search_path = pay, pg_temp AS $$
  UPDATE due SET at = p_at, leased_until = NULL, lease = lease + 1
   WHERE env = p_env AND kind = p_kind AND object_id = p_object_id $$;
REVOKE ALL ON FUNCTION pay.due_move(bigint,text,text,timestamp with time zone) FROM PUBLIC;
