-- Moves what payments captured before `p_before` still have in merchant_pending to merchant_available, at most
-- `p_limit` of them; returns how many. A payment whose money must wait (funds_waiting) is passed over; only its first
-- capture stands for it. Running it twice, or two at once, is harmless: accounts are locked first, a share is read
-- after. The environment's timer is moved to when the next of it matures, `p_delay` after its capture; what must wait
-- longer is looked at again a minute later.
CREATE OR REPLACE FUNCTION pay.funds_mature(p_env bigint, p_before timestamp with time zone, p_delay interval,
    p_limit integer)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE since uuid; stop uuid; moves jsonb; next timestamptz; BEGIN
  PERFORM env_guard(p_env);
  SELECT seen INTO since FROM funds WHERE env = p_env;
  since := coalesce(since, '00000000-0000-0000-0000-000000000000');
  PERFORM 1 FROM account WHERE env = p_env AND kind IN ('merchant_pending', 'merchant_available')
   ORDER BY id FOR NO KEY UPDATE;
  SELECT jsonb_agg(jsonb_build_object('op', 'post', 'group', gen_random_uuid(), 'debit', 'merchant_pending',
           'credit', 'merchant_available', 'currency', x.currency, 'amount', x.share, 'code', 'available', 'ref', x.ref_id))
    INTO moves
    FROM (SELECT t.ref_id, t.currency, ledger_share(p_env, t.ref_id, t.credit_id) AS share FROM transfer t
           WHERE t.env = p_env AND t.id > since AND t.code = 'capture' AND t.leg = 0 AND t.created_at <= p_before
             AND NOT EXISTS (SELECT 1 FROM transfer a WHERE a.env = p_env AND a.code = 'available' AND a.ref_id = t.ref_id)
             AND ledger_share(p_env, t.ref_id, t.credit_id) > 0 AND NOT funds_waiting(p_env, t.ref_id, p_before)
           ORDER BY t.id LIMIT p_limit) x;
  IF moves IS NOT NULL THEN PERFORM ledger_apply(p_env, moves); END IF;

  -- The next look begins before the first that is not done; and an hour back, for what commits late was born early.
  SELECT t.id INTO stop FROM transfer t
   WHERE t.env = p_env AND t.id > since AND t.code = 'capture'
     AND (t.created_at > p_before OR uuid_extract_timestamp(t.id) > now() - interval '1 hour'
          OR NOT EXISTS (SELECT 1 FROM transfer a WHERE a.env = p_env AND a.code = 'available' AND a.ref_id = t.ref_id)
             AND (funds_waiting(p_env, t.ref_id, p_before) OR ledger_share(p_env, t.ref_id, t.credit_id) > 0))
   ORDER BY t.id LIMIT 1;
  INSERT INTO funds (env, seen)
  SELECT p_env, t.id FROM transfer t
   WHERE t.env = p_env AND t.id > since AND t.code = 'capture' AND (stop IS NULL OR t.id < stop)
   ORDER BY t.id DESC LIMIT 1
  ON CONFLICT (env) DO UPDATE SET seen = excluded.seen WHERE funds.seen < excluded.seen;

  -- What is captured from now on, or is being captured now, matures later than p_delay from now.
  SELECT t.created_at + p_delay INTO next FROM transfer t
   WHERE t.env = p_env AND t.id >= stop AND t.code = 'capture' AND t.leg = 0
     AND NOT EXISTS (SELECT 1 FROM transfer a WHERE a.env = p_env AND a.code = 'available' AND a.ref_id = t.ref_id)
     AND (funds_waiting(p_env, t.ref_id, p_before) OR ledger_share(p_env, t.ref_id, t.credit_id) > 0)
   ORDER BY t.id LIMIT 1;
  IF coalesce(jsonb_array_length(moves), 0) < p_limit THEN
    PERFORM due_move(p_env, 'funds', '', greatest(coalesce(next, p_before + 2 * p_delay),
                                                  p_before + p_delay + interval '1 minute'));
  END IF;
  RETURN coalesce(jsonb_array_length(moves), 0); END $$;
REVOKE ALL ON FUNCTION pay.funds_mature(bigint,timestamp with time zone,interval,integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.funds_mature(bigint,timestamp with time zone,interval,integer) TO farthing_app;
