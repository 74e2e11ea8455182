-- A dispute, or an early fraud warning, of a test card stands in the commit that takes the money: whoever is told of the
-- payment finds it. `disputes` and `warnings` {env, id, doc, created_at} are new rows of `pay.payment_write`.
DO $$ DECLARE body text := pg_get_functiondef('pay.payment_write(bigint, jsonb)'::regprocedure);
              changed text := 'UPDATE charge SET status = g.status,';
              told text := '  IF d ? ''events'' THEN PERFORM events_write'; BEGIN
  IF position(changed IN body) = 0 OR position(told IN body) = 0 THEN
    RAISE EXCEPTION 'payment_write changed'; END IF;
  body := replace(body, changed, changed || ' disputed = g.disputed,');
  EXECUTE replace(body, told,
    '  IF d ? ''disputes'' THEN
    INSERT INTO dispute (env, id, doc, created_at)
    SELECT r.env, r.id, r.doc, r.created_at FROM jsonb_populate_recordset(NULL::dispute, d->''disputes'') r;
  END IF;
  IF d ? ''warnings'' THEN
    INSERT INTO early_fraud_warning (env, id, doc, created_at)
    SELECT r.env, r.id, r.doc, r.created_at FROM jsonb_populate_recordset(NULL::early_fraud_warning, d->''warnings'') r;
  END IF;
' || told); END $$;
