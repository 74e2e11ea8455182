-- A step of a payment, the timers that it sets or cancels, what it counts and the mails that tell of it, in one commit. A
-- step whose key another request holds wrote nothing.
CREATE OR REPLACE FUNCTION pay.payment_commit(p_env bigint, d jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$
DECLARE said jsonb := payment_write(p_env, d); BEGIN
  IF d ? 'timers' AND NOT said ? 'held' THEN PERFORM due_write(p_env, d->'timers'); END IF;
  IF d ? 'brakes' AND NOT said ? 'held' THEN PERFORM brake_apply(p_env, d->'brakes'); END IF;
  IF d ? 'mails' AND NOT said ? 'held' THEN PERFORM mails_write(p_env, d->'mails'); END IF;
  RETURN said; END $$;
REVOKE ALL ON FUNCTION pay.payment_commit(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.payment_commit(bigint,jsonb) TO farthing_app;
