-- The refund part of `pay.payment_write`, in its lock order: payments first, then refunds.
-- reserves {id, amount}: the over-refund wall, one conditional update each; a negative amount gives back. ZZ006 when
--   there is not that much left.
-- refunds: new rows, of charges that nobody disputes; ZZ002 when a dispute was opened since the charge was read: its
--   commit held the payment, which is locked here, so it is seen · refund_changes {id, status, change}: from exactly that status, else ZZ003.
CREATE OR REPLACE FUNCTION pay.refunds_write(p_env bigint, d jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ DECLARE c record; r refund; BEGIN
  FOR c IN SELECT * FROM jsonb_to_recordset(d->'reserves') AS x(id text, amount bigint) ORDER BY x.id LOOP
    UPDATE payment SET refund_reserved = refund_reserved + c.amount
     WHERE env = p_env AND id = c.id AND refund_reserved + c.amount <= captured;
    IF NOT FOUND THEN RAISE EXCEPTION 'payment % has less left', c.id USING ERRCODE = 'ZZ006'; END IF;
  END LOOP;
  IF d ? 'refunds' THEN
    IF EXISTS (SELECT 1 FROM jsonb_to_recordset(d->'refunds') AS n(charge_id text)
                 JOIN charge g ON g.env = p_env AND g.id = n.charge_id WHERE g.disputed AND g.scenario <> 'inquiry') THEN
      RAISE EXCEPTION 'a charge is disputed by now' USING ERRCODE = 'ZZ002'; END IF;
    INSERT INTO refund SELECT n.* FROM jsonb_populate_recordset(NULL::refund, d->'refunds') n;
  END IF;
  FOR c IN SELECT * FROM jsonb_to_recordset(d->'refund_changes') AS x(id text, status text, change jsonb)
            ORDER BY x.id LOOP
    SELECT * INTO r FROM refund WHERE env = p_env AND id = c.id FOR NO KEY UPDATE;
    IF r.status IS DISTINCT FROM c.status THEN
      RAISE EXCEPTION 'refund % is %', c.id, r.status USING ERRCODE = 'ZZ003'; END IF;
    r := jsonb_populate_record(r, c.change);
    UPDATE refund SET status = r.status, pending_reason = r.pending_reason, failure_reason = r.failure_reason,
      metadata = r.metadata, acquirer_ref = r.acquirer_ref, next_check_at = r.next_check_at, leased_until = NULL,
      actor = r.actor, request_id = r.request_id
     WHERE env = p_env AND id = c.id;
  END LOOP; END $$;
REVOKE ALL ON FUNCTION pay.refunds_write(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.refunds_write(bigint,jsonb) TO farthing_app;
