-- Closes the holds of a fact, in the order of their legs: `posted` is spread over them, the last takes what is left
-- (and its own CHECK refuses more than it holds), what gets nothing is released. With `keep` nothing is released: a hold
-- that gets nothing stays, and the rest of one that is posted in part is held anew under the next leg.
CREATE OR REPLACE FUNCTION pay.ledger_close(p_env bigint, e jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE h record; n int := 0; rest bigint := coalesce((e->>'posted')::bigint, 0); part bigint; kept bigint := 0; BEGIN
  FOR h IN SELECT *, count(*) OVER () AS holds FROM hold
            WHERE env = p_env AND code = e->>'code' AND ref_id = e->>'ref' AND status = 'pending' ORDER BY leg LOOP
    n := n + 1;
    part := CASE WHEN n < h.holds THEN least(rest, h.amount) ELSE rest END;
    CONTINUE WHEN part = 0 AND e ? 'keep';
    UPDATE hold SET status = CASE WHEN part = 0 AND e->>'status' = 'posted' THEN 'voided' ELSE e->>'status' END,
                    posted_amount = nullif(part, 0)
     WHERE env = p_env AND id = h.id;
    UPDATE account SET pending_debits  = pending_debits  - h.amount WHERE env = p_env AND id = h.debit_id;
    UPDATE account SET pending_credits = pending_credits - h.amount WHERE env = p_env AND id = h.credit_id;
    rest := rest - part; kept := kept + h.amount - part;
  END LOOP;
  IF n = 0 THEN RAISE EXCEPTION 'hold % % not pending', e->>'code', e->>'ref' USING ERRCODE = '23514'; END IF;
  IF e ? 'keep' AND kept > 0 THEN
    PERFORM ledger_hold(p_env, e || jsonb_build_object('amount', kept, 'more', true)); END IF; END $$;
REVOKE ALL ON FUNCTION pay.ledger_close(bigint,jsonb) FROM PUBLIC;
