CREATE OR REPLACE FUNCTION vault.environments() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = core, pg_temp AS $$
  SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM environment $$;
REVOKE ALL ON FUNCTION vault.environments() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.environments() TO farthing_vault;
