-- The sessions that wait for their end, in all environments; called by functions that may see them.
CREATE OR REPLACE FUNCTION pay.sessions_waiting() RETURNS TABLE(env bigint, object_id text, at timestamp with time zone)
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  SELECT s.env, s.id, s.expires_at FROM checkout_session s WHERE s.status = 'open' $$;
REVOKE ALL ON FUNCTION pay.sessions_waiting() FROM PUBLIC;
