-- The draw rule for a debit that can still be refused (a refund before it is sent): one hold per source. First what
-- the payment has left in merchant_pending, then merchant_available, then on credit as much as its own fee, which we
-- keep. What these do not cover is refused as ZZ005. Entry: {of, credit, currency, amount, code, ref}.
CREATE OR REPLACE FUNCTION pay.ledger_draw_hold(p_env bigint, e jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE rest bigint := (e->>'amount')::bigint; part bigint; n int := 0; source record; BEGIN
  FOR source IN
    SELECT a.id, a.kind, a.credits - a.debits - a.pending_debits AS free
      FROM account a WHERE a.env = p_env AND a.currency = e->>'currency' AND a.stripe = 0
       AND a.kind IN ('merchant_pending', 'merchant_available', 'merchant_debt')
     ORDER BY array_position(ARRAY['merchant_pending', 'merchant_available', 'merchant_debt'], a.kind) LOOP
    part := CASE source.kind
      WHEN 'merchant_pending' THEN least(rest, source.free, ledger_share(p_env, e->>'of', source.id))
      WHEN 'merchant_available' THEN least(rest, source.free)
      ELSE least(rest, ledger_fee_credit(p_env, e->>'of', source.id)) END;
    IF part > 0 THEN
      PERFORM ledger_holds(p_env, jsonb_build_array(
        e || jsonb_build_object('op', 'hold', 'debit', source.kind, 'amount', part, 'leg', n)));
      n := n + 1; rest := rest - part;
    END IF;
  END LOOP;
  IF rest > 0 THEN RAISE EXCEPTION 'the balance lacks %', rest USING ERRCODE = 'ZZ005'; END IF; END $$;
REVOKE ALL ON FUNCTION pay.ledger_draw_hold(bigint,jsonb) FROM PUBLIC;
