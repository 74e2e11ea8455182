-- What moved a merchant's balance, read from the transfers; and the schedule by which pending money becomes available.

-- One row for each business fact that changed the balance of a merchant: the amount that it moved into (or out of)
-- merchant_pending, merchant_available and merchant_debt, over all its legs. The fee of a capture belongs to the
-- capture. Transfers are never changed, so neither is what is read here; `matures` is when the wait for the money
-- began, none where there is none, and `available_at` when it was over.
-- The policies of the tables hold for whoever reads: security_invoker. Each LIMIT 1 keeps the planner from joining whole
-- tables where a page needs a hundred look-ups.
CREATE VIEW pay.balance_transaction WITH (security_invoker = true) AS
SELECT t.env, t.id, t.created_at, t.currency, t.code, t.ref_id,
       m.moved AS amount, f.fee, m.moved - f.fee AS net, c.id AS charge_id, p.description,
       CASE WHEN t.code = 'capture' THEN t.created_at ELSE began.created_at END AS matures,
       freed.created_at AS available_at
  FROM pay.transfer t
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(CASE WHEN i.kind LIKE 'merchant\_%' THEN l.amount ELSE 0 END
                      - CASE WHEN o.kind LIKE 'merchant\_%' THEN l.amount ELSE 0 END), 0)::bigint AS moved,
           bool_or(o.kind = 'merchant_pending') AS from_pending
      FROM pay.transfer l
      JOIN pay.account o ON (o.env, o.id) = (l.env, l.debit_id)
      JOIN pay.account i ON (i.env, i.id) = (l.env, l.credit_id)
     WHERE l.env = t.env AND l.code = t.code AND l.ref_id = t.ref_id) m
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.amount), 0)::bigint AS fee FROM pay.transfer l
     WHERE t.code = 'capture' AND l.env = t.env AND l.code = 'fee' AND l.ref_id = t.ref_id) f
  LEFT JOIN LATERAL (
    SELECT r.payment_id FROM pay.refund r
     WHERE t.code = 'refund' AND m.from_pending AND r.env = t.env AND r.id = t.ref_id LIMIT 1) r ON true
  LEFT JOIN LATERAL (
    SELECT p.description FROM pay.payment p
     WHERE t.code = 'capture' AND p.env = t.env AND p.id = t.ref_id LIMIT 1) p ON true
  LEFT JOIN LATERAL (
    SELECT c.id FROM pay.charge c
     WHERE t.code = 'capture' AND c.env = t.env AND c.payment_id = t.ref_id AND c.captured LIMIT 1) c ON true
  LEFT JOIN LATERAL (
    SELECT b.created_at FROM pay.transfer b
     WHERE b.env = t.env AND b.code = 'capture' AND b.ref_id = r.payment_id AND b.leg = 0 LIMIT 1) began ON true
  LEFT JOIN LATERAL (
    SELECT b.created_at FROM pay.transfer b
     WHERE b.env = t.env AND b.code = 'available' AND b.leg = 0
       AND b.ref_id = CASE WHEN t.code = 'capture' THEN t.ref_id ELSE r.payment_id END LIMIT 1) freed ON true
 WHERE t.leg = 0 AND t.code NOT IN ('fee', 'available') AND m.moved <> 0;
GRANT SELECT ON pay.balance_transaction TO farthing_app, farthing_auditor;

-- Up to where the captures of an environment have all become available: where the next look begins.
CREATE TABLE pay.funds (
  env bigint PRIMARY KEY, seen uuid NOT NULL
);
SELECT core.protect('pay.funds');

-- Moves what payments captured before `p_before` still have in merchant_pending to merchant_available, at most
-- `p_limit` of them; returns how many. A payment with a refund under way waits for its end: the hold may come back.
-- Running it twice, or two at once, is harmless: the accounts are locked first, and a payment's share is read after.
CREATE FUNCTION pay.funds_release(p_env bigint, p_before timestamptz, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE since uuid; stop uuid; moves jsonb; BEGIN
  PERFORM env_guard(p_env);
  SELECT seen INTO since FROM funds WHERE env = p_env;
  since := coalesce(since, '00000000-0000-0000-0000-000000000000');
  PERFORM 1 FROM transfer WHERE env = p_env AND id > since AND code = 'capture' AND created_at <= p_before LIMIT 1;
  IF NOT FOUND THEN RETURN 0; END IF;  -- nothing new: no lock is taken

  PERFORM 1 FROM account WHERE env = p_env AND kind IN ('merchant_pending', 'merchant_available')
   ORDER BY id FOR NO KEY UPDATE;
  SELECT jsonb_agg(jsonb_build_object('op', 'post', 'group', gen_random_uuid(), 'debit', 'merchant_pending',
           'credit', 'merchant_available', 'currency', x.currency, 'amount', x.share, 'code', 'available', 'ref', x.ref_id))
    INTO moves
    FROM (SELECT t.ref_id, t.currency, ledger_share(p_env, t.ref_id, t.credit_id) AS share FROM transfer t
           WHERE t.env = p_env AND t.id > since AND t.code = 'capture' AND t.created_at <= p_before
             AND NOT EXISTS (SELECT 1 FROM transfer a WHERE a.env = p_env AND a.code = 'available' AND a.ref_id = t.ref_id)
             AND ledger_share(p_env, t.ref_id, t.credit_id) > 0 AND NOT funds_waiting(p_env, t.ref_id)
           ORDER BY t.id LIMIT p_limit) x;
  IF moves IS NOT NULL THEN PERFORM ledger_apply(p_env, moves); END IF;

  -- The next look begins before the first that is not done; and an hour back, for what commits late was born early.
  SELECT t.id INTO stop FROM transfer t
   WHERE t.env = p_env AND t.id > since AND t.code = 'capture'
     AND (t.created_at > least(p_before, now() - interval '1 hour')
          OR NOT EXISTS (SELECT 1 FROM transfer a WHERE a.env = p_env AND a.code = 'available' AND a.ref_id = t.ref_id)
             AND (funds_waiting(p_env, t.ref_id) OR ledger_share(p_env, t.ref_id, t.credit_id) > 0))
   ORDER BY t.id LIMIT 1;
  INSERT INTO funds (env, seen)
  SELECT p_env, t.id FROM transfer t
   WHERE t.env = p_env AND t.id > since AND t.code = 'capture' AND (stop IS NULL OR t.id < stop)
   ORDER BY t.id DESC LIMIT 1
  ON CONFLICT (env) DO UPDATE SET seen = excluded.seen WHERE funds.seen < excluded.seen;
  RETURN coalesce(jsonb_array_length(moves), 0); END $$;

-- Whether a refund of the payment is under way that holds money of it.
CREATE FUNCTION pay.funds_waiting(p_env bigint, p_payment text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pay, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM refund r JOIN hold h ON h.env = r.env AND h.code = 'refund' AND h.ref_id = r.id
                  WHERE r.env = p_env AND r.payment_id = p_payment AND h.status = 'pending') $$;

REVOKE ALL ON FUNCTION pay.funds_release(bigint, timestamptz, int), pay.funds_waiting(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.funds_release(bigint, timestamptz, int) TO farthing_app;
