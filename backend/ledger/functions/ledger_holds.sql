-- Holds, all at once; their accounts are locked already. With `more` a hold stands beside those that its fact has
-- already, under the next leg; without it, it is the first.
CREATE OR REPLACE FUNCTION pay.ledger_holds(p_env bigint, p_entries jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
  WITH e AS (
    SELECT n, x->>'currency' AS currency, (x->>'amount')::bigint AS amount, x->>'code' AS code, x->>'ref' AS ref,
           ledger_account(p_env, x->>'debit', x->>'currency', ledger_stripe(x->>'debit', x)) AS debit_id,
           ledger_account(p_env, x->>'credit', x->>'currency', 0) AS credit_id,
           CASE WHEN x ? 'more' THEN
             -- after those that are there and those that came before it in this commit; nothing to be more than: NULL
             nullif(coalesce((SELECT max(h.leg) FROM hold h WHERE h.env = p_env AND h.code = x->>'code'
                                 AND h.ref_id = x->>'ref'), -1)
                    + row_number() OVER (PARTITION BY x->>'code', x->>'ref' ORDER BY n), 0)
             ELSE coalesce((x->>'leg')::int, 0) END AS leg
      FROM jsonb_array_elements(p_entries) WITH ORDINALITY AS a(x, n) WHERE x->>'op' = 'hold'),
  moved AS (
    UPDATE account a SET pending_debits = a.pending_debits + t.debits, pending_credits = a.pending_credits + t.credits
      FROM (SELECT id, sum(debit) AS debits, sum(credit) AS credits
              FROM (SELECT debit_id AS id, amount AS debit, 0 AS credit FROM e
                    UNION ALL SELECT credit_id, 0, amount FROM e) s GROUP BY id) t
     WHERE a.env = p_env AND a.id = t.id)
  INSERT INTO hold (env, debit_id, credit_id, currency, amount, code, ref_id, leg, created_at)
  SELECT p_env, debit_id, credit_id, currency, amount, code, ref, leg, (SELECT core.business_now(p_env))
    FROM e ORDER BY n $$;
REVOKE ALL ON FUNCTION pay.ledger_holds(bigint,jsonb) FROM PUBLIC;
