-- The payment links that wait for their end, in all environments; called by functions that may see them.
CREATE OR REPLACE FUNCTION pay.links_waiting() RETURNS TABLE(env bigint, object_id text, at timestamp with time zone)
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  SELECT l.env, l.id, to_timestamp((l.doc->>'expires_at')::bigint) FROM payment_link l
   WHERE l.doc->>'expires_at' IS NOT NULL AND l.doc->>'active' = 'true' $$;
REVOKE ALL ON FUNCTION pay.links_waiting() FROM PUBLIC;
