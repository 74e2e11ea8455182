-- Notes the use of keys of any environment, and can do nothing else to them.
CREATE OR REPLACE FUNCTION core.api_keys_used(p_uses jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = core, pg_temp AS $$
  UPDATE api_key k SET last_used_at = greatest(k.last_used_at, u.at), last_used_ip = u.ip
    FROM jsonb_to_recordset(p_uses) AS u(id text, at timestamptz, ip text) WHERE k.id = u.id $$;
REVOKE ALL ON FUNCTION core.api_keys_used(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.api_keys_used(jsonb) TO farthing_app;
