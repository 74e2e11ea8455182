-- The payments whose money is held, in all environments; called by functions that may see them.
CREATE OR REPLACE FUNCTION pay.holds_waiting() RETURNS TABLE(env bigint, object_id text)
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  SELECT DISTINCT h.env, h.ref_id FROM hold h WHERE h.status = 'pending' AND h.code = 'auth' $$;
REVOKE ALL ON FUNCTION pay.holds_waiting() FROM PUBLIC;
