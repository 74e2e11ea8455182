-- funds_mature for processes of the release before, which ask in every environment and know of no timer.
CREATE OR REPLACE FUNCTION pay.funds_release(p_env bigint, p_before timestamp with time zone, p_limit integer)
RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
  SELECT funds_mature(p_env, p_before, '0', p_limit) $$;
REVOKE ALL ON FUNCTION pay.funds_release(bigint,timestamp with time zone,integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.funds_release(bigint,timestamp with time zone,integer) TO farthing_app;
