-- The messages that are to be undone, in all environments; called by functions that may see them.
CREATE OR REPLACE FUNCTION pay.undoings_waiting() RETURNS TABLE(env bigint, object_id text)
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  SELECT DISTINCT v.env, v.attempt_id::text FROM verdict v
   WHERE v.said = 'to_undo' AND NOT EXISTS (
     SELECT 1 FROM verdict u WHERE u.env = v.env AND u.attempt_id = v.attempt_id AND u.said = 'undone' AND u.at >= v.at)
$$;
REVOKE ALL ON FUNCTION pay.undoings_waiting() FROM PUBLIC;
