-- A step of a subject that has no document of its own, in one commit: `attempts` that begin, and `settles`
-- {id, check_no, change}, their ends. What it does with them is what `pay.payment_write` does.
-- Raises ZZ003 when an attempt is no longer ours.
CREATE OR REPLACE FUNCTION pay.attempts_write(p_env bigint, d jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$
DECLARE c record; BEGIN
  FOR c IN SELECT * FROM jsonb_to_recordset(d->'settles') AS x(id uuid, check_no int, change jsonb) ORDER BY x.id LOOP
    UPDATE attempt SET status = c.change->>'status', acquirer_ref = c.change->>'acquirer_ref',
      answer = c.change->'answer', note = c.change->>'note', next_check_at = (c.change->>'next_check_at')::timestamptz,
      leased_until = NULL, actor = c.change->>'actor', request_id = c.change->>'request_id'
     WHERE env = p_env AND id = c.id AND check_no = c.check_no AND status IN ('sent', 'unknown');
    IF NOT FOUND THEN RAISE EXCEPTION 'attempt % is no longer ours', c.id USING ERRCODE = 'ZZ003'; END IF;
  END LOOP;
  IF d ? 'attempts' THEN
    INSERT INTO attempt SELECT r.* FROM jsonb_populate_recordset(NULL::attempt, d->'attempts') r;
  END IF;
  RETURN '{}'::jsonb; END $$;
REVOKE ALL ON FUNCTION pay.attempts_write(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.attempts_write(bigint,jsonb) TO farthing_app;
