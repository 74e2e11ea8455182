-- Whose environment this is; the one look that the vault takes outside its schema, besides core.api_key_find.
CREATE OR REPLACE FUNCTION vault.environment(p_env bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = core, pg_temp AS $$
  SELECT jsonb_build_object('account', account_id, 'livemode', mode = 'live') FROM environment WHERE id = p_env $$;
REVOKE ALL ON FUNCTION vault.environment(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.environment(bigint) TO farthing_vault;
