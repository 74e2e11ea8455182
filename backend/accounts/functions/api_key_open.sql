CREATE OR REPLACE FUNCTION core.api_key_open(p_hash bytea)
RETURNS TABLE(env bigint, account_id text, account_name text, kind text, livemode boolean, key_id text, expires_at timestamp with time zone, permissions jsonb, allowed_ips text[], api_version text, rate_tier text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = core, pg_temp AS $$
  SELECT k.env, a.id, a.name, k.kind, e.mode = 'live', k.id, k.expires_at, k.permissions, k.allowed_ips, a.api_version,
         e.rate_tier
    FROM core.api_key k JOIN core.environment e ON e.id = k.env JOIN core.account a ON a.id = e.account_id
   WHERE k.hash = p_hash $$;
REVOKE ALL ON FUNCTION core.api_key_open(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.api_key_open(bytea) TO farthing_app, farthing_vault;
