-- Post entries: open the accounts that are missing, in one order; then lock all of them; then write. Opening and locking
-- are two statements, for one does not see what others commit, or what it opens itself, after it began
-- (docs/decisions/ledger-opens-before-it-locks.md).
CREATE OR REPLACE FUNCTION pay.ledger_apply(p_env bigint, p_entries jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE e jsonb; k record; ids bigint[] := '{}'; BEGIN
  PERFORM env_guard(p_env);
  FOR k IN
    SELECT DISTINCT n.kind, x.e->>'currency' AS currency, ledger_stripe(n.kind, x.e) AS stripe
      FROM jsonb_array_elements(p_entries) AS x(e),
           unnest(CASE WHEN x.e->>'op' IN ('draw', 'draw_hold', 'close_drawn')
                       THEN ARRAY['merchant_pending', 'merchant_available', 'merchant_debt', x.e->>'credit']
                       ELSE ARRAY[x.e->>'debit', x.e->>'credit'] END) AS n(kind)
     ORDER BY 1, 2, 3 LOOP
    ids := ids || ledger_account(p_env, k.kind, k.currency, k.stripe);
  END LOOP;
  PERFORM 1 FROM account a WHERE a.env = p_env AND a.id = ANY (ids)
   ORDER BY a.id FOR NO KEY UPDATE;
  IF p_entries @> '[{"op": "close"}]' THEN PERFORM ledger_closes(p_env, p_entries); END IF;
  FOR e IN SELECT * FROM jsonb_array_elements(p_entries) x WHERE x->>'op' = 'close_drawn' LOOP
    PERFORM ledger_close_drawn(p_env, e);
  END LOOP;
  PERFORM ledger_post(p_env, p_entries);
  IF p_entries @> '[{"op": "hold"}]' THEN PERFORM ledger_holds(p_env, p_entries); END IF;
  FOR e IN SELECT * FROM jsonb_array_elements(p_entries) x WHERE x->>'op' IN ('draw', 'draw_hold') LOOP
    IF e->>'op' = 'draw' THEN PERFORM ledger_draw(p_env, (e->>'group')::uuid, e);
    ELSE PERFORM ledger_draw_hold(p_env, e); END IF;
  END LOOP;
  IF p_entries @> '[{"code": "capture"}]' THEN PERFORM due_need(p_env, 'funds', '', clock_timestamp()); END IF; END $$;
REVOKE ALL ON FUNCTION pay.ledger_apply(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.ledger_apply(bigint,jsonb) TO farthing_app;
