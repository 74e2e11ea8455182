CREATE OR REPLACE FUNCTION core.api_key_find(p_hash bytea)
RETURNS TABLE(env bigint, account_id text, account_name text, kind text, livemode boolean, key_id text, expires_at timestamp with time zone)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = core, pg_temp AS $$
  SELECT k.env, a.id, a.name, k.kind, e.mode = 'live', k.id, k.expires_at
    FROM core.api_key k JOIN core.environment e ON e.id = k.env JOIN core.account a ON a.id = e.account_id
   WHERE k.hash = p_hash $$;
REVOKE ALL ON FUNCTION core.api_key_find(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.api_key_find(bytea) TO farthing_app, farthing_vault;
