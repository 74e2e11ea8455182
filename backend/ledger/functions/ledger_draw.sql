-- The draw rule: a debit that must happen takes from what the charge still has in merchant_pending (`pending`), then
-- from merchant_available, then from merchant_debt; each source is one leg. Its legs begin where the entry says: each
-- capture of a payment has legs of its own.
CREATE OR REPLACE FUNCTION pay.ledger_draw(p_env bigint, p_group uuid, e jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE rest bigint := (e->>'amount')::bigint; part bigint; leg int := coalesce((e->>'leg')::int, 0);
        source record; BEGIN
  FOR source IN
    SELECT a.id, a.kind, a.credits - a.debits - a.pending_debits AS free
      FROM account a WHERE a.env = p_env AND a.currency = e->>'currency' AND a.stripe = 0
       AND a.kind IN ('merchant_pending', 'merchant_available', 'merchant_debt')
     ORDER BY array_position(ARRAY['merchant_pending', 'merchant_available', 'merchant_debt'], a.kind) LOOP
    part := CASE source.kind
      WHEN 'merchant_pending' THEN least(rest, greatest(source.free, 0), (e->>'pending')::bigint)
      WHEN 'merchant_available' THEN least(rest, greatest(source.free, 0))
      ELSE rest END;
    IF part > 0 THEN
      PERFORM ledger_move(p_env, p_group, source.id,
        ledger_account(p_env, e->>'credit', e->>'currency', coalesce((e->>'stripe')::int, 0)),
        e->>'currency', part, e->>'code', e->>'ref', leg, NULL);
      leg := leg + 1; rest := rest - part;
    END IF;
  END LOOP; END $$;
REVOKE ALL ON FUNCTION pay.ledger_draw(bigint,uuid,jsonb) FROM PUBLIC;
