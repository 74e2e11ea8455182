-- Plain transfers, all at once: versions and running balances count on from the locked accounts, which are there by now.
-- An account that is not there is refused by the transfer's NOT NULL. Without the settings a plan that was made while the
-- table was young reads the accounts of all environments, and joins that expect one entry grow with the square of many.
CREATE OR REPLACE FUNCTION pay.ledger_post(p_env bigint, p_entries jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pg_temp
SET enable_seqscan TO off SET enable_nestloop TO off AS $$
  WITH e AS (
    SELECT n, (x->>'group')::uuid AS group_id, x->>'currency' AS currency, (x->>'amount')::bigint AS amount,
           x->>'code' AS code, x->>'ref' AS ref, coalesce((x->>'leg')::int, 0) AS leg, (x->>'reverses')::uuid AS reverses,
           d.id AS debit_id, c.id AS credit_id
      FROM jsonb_array_elements(p_entries) WITH ORDINALITY AS a(x, n)
      LEFT JOIN account d ON d.env = p_env AND d.kind = x->>'debit' AND d.currency = (x->>'currency')::bpchar
                         AND d.stripe = ledger_stripe(x->>'debit', x)
      LEFT JOIN account c ON c.env = p_env AND c.kind = x->>'credit' AND c.currency = (x->>'currency')::bpchar
                         AND c.stripe = ledger_stripe(x->>'credit', x)
     WHERE x->>'op' = 'post'),
  side AS (
    SELECT n, debit_id AS id, -amount AS delta FROM e UNION ALL SELECT n, credit_id, amount FROM e),
  run AS (
    SELECT s.n, s.id, a.version + row_number() OVER w AS version, a.credits - a.debits + sum(s.delta) OVER w AS balance
      FROM side s JOIN account a ON a.env = p_env AND a.id = s.id
    WINDOW w AS (PARTITION BY s.id ORDER BY s.n)),
  moved AS (
    UPDATE account a SET debits = a.debits + t.debits, credits = a.credits + t.credits, version = a.version + t.moves
      FROM (SELECT id, sum(greatest(-delta, 0)) AS debits, sum(greatest(delta, 0)) AS credits, count(*) AS moves
              FROM side GROUP BY id) t
     WHERE a.env = p_env AND a.id = t.id)
  INSERT INTO transfer (env, group_id, debit_id, credit_id, currency, amount, code, ref_id, leg, reverses,
                        debit_version, debit_after, credit_version, credit_after, created_at)
  SELECT p_env, e.group_id, e.debit_id, e.credit_id, e.currency, e.amount, e.code, e.ref, e.leg, e.reverses,
         d.version, d.balance, c.version, c.balance, (SELECT core.business_now(p_env))
    FROM e LEFT JOIN run d ON (d.n, d.id) = (e.n, e.debit_id) LEFT JOIN run c ON (c.n, c.id) = (e.n, e.credit_id)
   ORDER BY e.n $$;
REVOKE ALL ON FUNCTION pay.ledger_post(bigint,jsonb) FROM PUBLIC;
