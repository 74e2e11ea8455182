-- A step of a payment and what it counts, in one commit. A step whose key another request holds wrote nothing.
CREATE OR REPLACE FUNCTION pay.payment_commit(p_env bigint, d jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$
DECLARE said jsonb := payment_write(p_env, d); BEGIN
  IF d ? 'brakes' AND NOT said ? 'held' THEN PERFORM brake_apply(p_env, d->'brakes'); END IF;
  RETURN said; END $$;
REVOKE ALL ON FUNCTION pay.payment_commit(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.payment_commit(bigint,jsonb) TO farthing_app;
