-- What the clock of an environment says: the system's time, unless that of a test environment was set ahead.
CREATE OR REPLACE FUNCTION core.business_now(p_env bigint) RETURNS timestamp with time zone
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = core, pg_temp AS $$
  SELECT clock_timestamp() + coalesce((SELECT clock_ahead FROM environment WHERE id = p_env), '0') $$;
REVOKE ALL ON FUNCTION core.business_now(bigint) FROM PUBLIC;
