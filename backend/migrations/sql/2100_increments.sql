-- Increments and several captures of one payment: a payment has several holds, each with its own leg (money rule 6).

-- What the request asked for beside the amount, done when the message is approved, whoever learns it: an increment's
-- words {description, metadata, statement_descriptor}, and {final_capture: false} of a capture that others follow.
ALTER TABLE pay.attempt ADD COLUMN asked jsonb;

-- An increment raises the charge as well.
DO $$ DECLARE body text := pg_get_functiondef('pay.payment_write(bigint, jsonb)'::regprocedure);
              old text := 'UPDATE charge SET status = g.status,'; BEGIN
  IF position(old IN body) = 0 THEN RAISE EXCEPTION 'payment_write changed'; END IF;
  EXECUTE replace(body, old, 'UPDATE charge SET status = g.status, amount = g.amount,'); END $$;

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
  INSERT INTO hold (env, debit_id, credit_id, currency, amount, code, ref_id, leg)
  VALUES (p_env, d, c, e->>'currency', n, e->>'code', e->>'ref', at); END $$;

-- Closes the holds of a fact, in the order of their legs: `posted` is spread over them, the last takes what is left
-- (and its own CHECK refuses more than it holds), what gets nothing is released. With `keep` nothing is released: a hold
-- that gets nothing stays, and the rest of one that is posted in part is held anew under the next leg.
CREATE OR REPLACE FUNCTION pay.ledger_close(p_env bigint, e jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE h record; n int := 0; rest bigint := coalesce((e->>'posted')::bigint, 0); part bigint; kept bigint := 0; BEGIN
  FOR h IN SELECT *, count(*) OVER () AS holds FROM hold
            WHERE env = p_env AND code = e->>'code' AND ref_id = e->>'ref' AND status = 'pending' ORDER BY leg LOOP
    n := n + 1;
    part := CASE WHEN n < h.holds THEN least(rest, h.amount) ELSE rest END;
    CONTINUE WHEN part = 0 AND e ? 'keep';
    UPDATE hold SET status = CASE WHEN part = 0 AND e->>'status' = 'posted' THEN 'voided' ELSE e->>'status' END,
                    posted_amount = nullif(part, 0)
     WHERE env = p_env AND id = h.id;
    UPDATE account SET pending_debits  = pending_debits  - h.amount WHERE env = p_env AND id = h.debit_id;
    UPDATE account SET pending_credits = pending_credits - h.amount WHERE env = p_env AND id = h.credit_id;
    rest := rest - part; kept := kept + h.amount - part;
  END LOOP;
  IF n = 0 THEN RAISE EXCEPTION 'hold % % not pending', e->>'code', e->>'ref' USING ERRCODE = '23514'; END IF;
  IF e ? 'keep' AND kept > 0 THEN
    PERFORM ledger_hold(p_env, e || jsonb_build_object('amount', kept, 'more', true)); END IF; END $$;

-- As before, but its legs begin where the entry says: each capture of a payment has legs of its own.
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

-- Whether the money of a payment must wait though its first capture is old enough: for a refund under way that holds
-- some of it, for captures that may still follow, for the age of the last one.
CREATE FUNCTION pay.funds_waiting(p_env bigint, p_payment text, p_before timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pay, pg_temp AS $$
  SELECT funds_waiting(p_env, p_payment)
      OR EXISTS (SELECT 1 FROM transfer WHERE env = p_env AND code = 'capture' AND ref_id = p_payment
                    AND created_at > p_before)
      OR EXISTS (SELECT 1 FROM payment WHERE env = p_env AND id = p_payment AND amount_capturable > 0) $$;
REVOKE ALL ON FUNCTION pay.funds_waiting(bigint, text, timestamptz) FROM PUBLIC;

-- As before, but money that was captured in parts matures as a whole, counted from the last part.
CREATE OR REPLACE VIEW pay.balance_transaction WITH (security_invoker = true) AS
SELECT t.env, t.id, t.created_at, t.currency, t.code, t.ref_id,
       m.moved AS amount, f.fee, m.moved - f.fee AS net, c.id AS charge_id, p.description,
       began.created_at AS matures, freed.created_at AS available_at
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
    SELECT max(b.created_at) AS created_at FROM pay.transfer b
     WHERE b.env = t.env AND b.code = 'capture'
       AND b.ref_id = CASE WHEN t.code = 'capture' THEN t.ref_id ELSE r.payment_id END) began ON true
  LEFT JOIN LATERAL (
    SELECT b.created_at FROM pay.transfer b
     WHERE b.env = t.env AND b.code = 'available' AND b.leg = 0
       AND b.ref_id = CASE WHEN t.code = 'capture' THEN t.ref_id ELSE r.payment_id END LIMIT 1) freed ON true
 WHERE t.leg = 0 AND t.code NOT IN ('fee', 'available') AND m.moved <> 0;

-- As before, with that wait; only a payment's first capture stands for it.
CREATE OR REPLACE FUNCTION pay.funds_release(p_env bigint, p_before timestamptz, p_limit int) RETURNS int
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
           WHERE t.env = p_env AND t.id > since AND t.code = 'capture' AND t.leg = 0 AND t.created_at <= p_before
             AND NOT EXISTS (SELECT 1 FROM transfer a WHERE a.env = p_env AND a.code = 'available' AND a.ref_id = t.ref_id)
             AND ledger_share(p_env, t.ref_id, t.credit_id) > 0 AND NOT funds_waiting(p_env, t.ref_id, p_before)
           ORDER BY t.id LIMIT p_limit) x;
  IF moves IS NOT NULL THEN PERFORM ledger_apply(p_env, moves); END IF;

  -- The next look begins before the first that is not done; and an hour back, for what commits late was born early.
  SELECT t.id INTO stop FROM transfer t
   WHERE t.env = p_env AND t.id > since AND t.code = 'capture'
     AND (t.created_at > least(p_before, now() - interval '1 hour')
          OR NOT EXISTS (SELECT 1 FROM transfer a WHERE a.env = p_env AND a.code = 'available' AND a.ref_id = t.ref_id)
             AND (funds_waiting(p_env, t.ref_id, p_before) OR ledger_share(p_env, t.ref_id, t.credit_id) > 0))
   ORDER BY t.id LIMIT 1;
  INSERT INTO funds (env, seen)
  SELECT p_env, t.id FROM transfer t
   WHERE t.env = p_env AND t.id > since AND t.code = 'capture' AND (stop IS NULL OR t.id < stop)
   ORDER BY t.id DESC LIMIT 1
  ON CONFLICT (env) DO UPDATE SET seen = excluded.seen WHERE funds.seen < excluded.seen;
  RETURN coalesce(jsonb_array_length(moves), 0); END $$;
