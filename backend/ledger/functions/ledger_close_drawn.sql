-- Closes every hold of a fact that was drawn: posted (each source becomes a transfer) or voided.
-- Entry: {group, credit, currency, code, ref, status}.
CREATE OR REPLACE FUNCTION pay.ledger_close_drawn(p_env bigint, e jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE h hold; n int := 0; BEGIN
  FOR h IN SELECT * FROM hold WHERE env = p_env AND code = e->>'code' AND ref_id = e->>'ref' AND status = 'pending'
            ORDER BY leg LOOP
    n := n + 1;
    UPDATE hold SET status = e->>'status', posted_amount = CASE e->>'status' WHEN 'posted' THEN h.amount END
     WHERE env = p_env AND id = h.id;
    UPDATE account SET pending_debits  = pending_debits  - h.amount WHERE env = p_env AND id = h.debit_id;
    UPDATE account SET pending_credits = pending_credits - h.amount WHERE env = p_env AND id = h.credit_id;
    IF e->>'status' = 'posted' THEN
      PERFORM ledger_move(p_env, (e->>'group')::uuid, h.debit_id, h.credit_id, h.currency, h.amount, h.code, h.ref_id,
                          h.leg, NULL);
    END IF;
  END LOOP;
  IF n = 0 THEN RAISE EXCEPTION 'holds % % not pending', e->>'code', e->>'ref' USING ERRCODE = '23514'; END IF; END $$;
REVOKE ALL ON FUNCTION pay.ledger_close_drawn(bigint,jsonb) FROM PUBLIC;
