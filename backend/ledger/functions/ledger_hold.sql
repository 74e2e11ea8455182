-- With `more` the hold stands beside those that the fact has already, under the next leg; without it, it is the first.
CREATE OR REPLACE FUNCTION pay.ledger_hold(p_env bigint, e jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE d bigint := ledger_account(p_env, e->>'debit', e->>'currency', ledger_stripe(e->>'debit', e));
        c bigint := ledger_account(p_env, e->>'credit', e->>'currency', 0);
        n bigint := (e->>'amount')::bigint; at int := coalesce((e->>'leg')::int, 0); BEGIN
  IF e ? 'more' THEN
    SELECT max(leg) + 1 INTO at FROM hold WHERE env = p_env AND code = e->>'code' AND ref_id = e->>'ref'; END IF;
  UPDATE account SET pending_debits  = pending_debits  + n WHERE env = p_env AND id = d;
  UPDATE account SET pending_credits = pending_credits + n WHERE env = p_env AND id = c;
  INSERT INTO hold (env, debit_id, credit_id, currency, amount, code, ref_id, leg, created_at)
  VALUES (p_env, d, c, e->>'currency', n, e->>'code', e->>'ref', at,
          core.business_now(p_env)); END $$;
REVOKE ALL ON FUNCTION pay.ledger_hold(bigint,jsonb) FROM PUBLIC;
