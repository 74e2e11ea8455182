-- Who changes endpoints takes this lock alone, who dispatches shares it: an endpoint is then either seen by a
-- dispatch or younger than all its events (invariant W3).
CREATE OR REPLACE FUNCTION pay.endpoints_lock(p_env bigint, p_alone boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF p_alone THEN PERFORM pg_advisory_xact_lock(hashtextextended('pay.endpoint', p_env));
  ELSE PERFORM pg_advisory_xact_lock_shared(hashtextextended('pay.endpoint', p_env)); END IF; END $$;
REVOKE ALL ON FUNCTION pay.endpoints_lock(bigint,boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.endpoints_lock(bigint,boolean) TO farthing_app;
