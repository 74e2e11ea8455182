-- Closes the holds of facts, all at once. Of each fact in the order of its legs: `posted` is spread over them, the last
-- takes what is left (and its own CHECK refuses more than it holds), what gets nothing is released. With `keep` nothing is
-- released: a hold that gets nothing stays, and the rest of one that is posted in part is held anew under the next leg.
-- Without these settings a plan that was made while the tables were young reads all of them.
CREATE OR REPLACE FUNCTION pay.ledger_closes(p_env bigint, p_entries jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp
SET enable_seqscan TO off SET enable_hashjoin TO off SET enable_mergejoin TO off AS $$
DECLARE kept jsonb; wrong text; BEGIN
  WITH e AS (
    SELECT x AS entry, x->>'code' AS code, x->>'ref' AS ref, x->>'status' AS ending,
           coalesce((x->>'posted')::bigint, 0) AS posted, x ? 'keep' AS keep
      FROM jsonb_array_elements(p_entries) AS a(x) WHERE x->>'op' = 'close'),
  held AS (
    SELECT e.*, h.id, h.debit_id, h.credit_id, h.amount, h.leg, lead(h.id) OVER legs IS NULL AS last,
           greatest(e.posted - (sum(h.amount) OVER legs - h.amount), 0) AS rest
      FROM e CROSS JOIN LATERAL (SELECT * FROM hold WHERE env = p_env AND code = e.code AND ref_id = e.ref
                                    AND status = 'pending' ORDER BY leg) h
    WINDOW legs AS (PARTITION BY e.code, e.ref ORDER BY h.leg)),
  spread AS (SELECT *, CASE WHEN last THEN rest ELSE least(rest, amount) END AS part FROM held),
  ended AS (SELECT * FROM spread WHERE NOT (part = 0 AND keep)),
  closed AS (
    UPDATE hold SET status = CASE WHEN d.part = 0 AND d.ending = 'posted' THEN 'voided' ELSE d.ending END,
                    posted_amount = nullif(d.part, 0)
      FROM ended d WHERE hold.env = p_env AND hold.id = d.id),
  moved AS (
    UPDATE account a SET pending_debits = a.pending_debits - t.debits, pending_credits = a.pending_credits - t.credits
      FROM (SELECT id, sum(debit) AS debits, sum(credit) AS credits
              FROM (SELECT debit_id AS id, amount AS debit, 0 AS credit FROM ended
                    UNION ALL SELECT credit_id, 0, amount FROM ended) s GROUP BY id) t
     WHERE a.env = p_env AND a.id = t.id)
  SELECT (SELECT jsonb_agg(more.entry) FROM (
            SELECT entry || jsonb_build_object('op', 'hold', 'amount', sum(amount - part), 'more', true) AS entry
              FROM ended WHERE keep GROUP BY entry HAVING sum(amount - part) > 0) more),
         (SELECT format('%s %s', code, ref) FROM e GROUP BY code, ref
          HAVING count(*) > 1 OR NOT EXISTS (SELECT 1 FROM held h WHERE (h.code, h.ref) = (e.code, e.ref)) LIMIT 1)
    INTO kept, wrong;
  IF wrong IS NOT NULL THEN RAISE EXCEPTION 'hold % not pending', wrong USING ERRCODE = '23514'; END IF;
  IF kept IS NOT NULL THEN PERFORM ledger_holds(p_env, kept); END IF; END $$;
REVOKE ALL ON FUNCTION pay.ledger_closes(bigint,jsonb) FROM PUBLIC;
