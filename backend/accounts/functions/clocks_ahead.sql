-- The environments whose clocks were set, and how far ahead.
CREATE OR REPLACE FUNCTION core.clocks_ahead() RETURNS TABLE(env bigint, ahead interval)
LANGUAGE sql STABLE SET search_path = core, pg_temp AS $$
  SELECT e.id, e.clock_ahead FROM environment e WHERE e.clock_ahead IS NOT NULL $$;
REVOKE ALL ON FUNCTION core.clocks_ahead() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.clocks_ahead() TO farthing_app;
