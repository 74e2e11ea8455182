-- How long an endpoint is left alone after so many failures in a row: 5 s, doubled up to a minute.
CREATE OR REPLACE FUNCTION pay.endpoint_pause(p_failures integer) RETURNS interval
LANGUAGE sql IMMUTABLE SET search_path = pay, pg_temp AS $$
  SELECT CASE WHEN p_failures >= 3 THEN make_interval(secs => least(5 * 2 ^ least(p_failures - 3, 9), 60)) END $$;
REVOKE ALL ON FUNCTION pay.endpoint_pause(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.endpoint_pause(integer) TO farthing_app;
