CREATE OR REPLACE FUNCTION pay.env_guard(p_env bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF p_env IS DISTINCT FROM current_setting('app.env')::bigint
  THEN RAISE EXCEPTION 'wrong environment' USING ERRCODE = '42501'; END IF; END $$;
REVOKE ALL ON FUNCTION pay.env_guard(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.env_guard(bigint) TO farthing_app;
