-- Refunds: their rows, the walls round them, and how the ledger holds their money (money rules 1, 5, 8).

CREATE TABLE pay.refund (
  env bigint NOT NULL, id text NOT NULL COLLATE "C",
  payment_id text NOT NULL COLLATE "C", charge_id text NOT NULL COLLATE "C",
  amount bigint NOT NULL CHECK (amount > 0), currency char(3) NOT NULL CHECK (currency = lower(currency)),
  status text NOT NULL CHECK (status IN ('pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
  step int NOT NULL DEFAULT 0,
  reason text CHECK (reason IN ('duplicate', 'fraudulent', 'requested_by_customer')),
  pending_reason text CHECK (pending_reason IN ('processing', 'insufficient_funds', 'charge_pending')),
  failure_reason text, metadata jsonb NOT NULL DEFAULT '{}',
  customer_id text COLLATE "C", payment_method_id text COLLATE "C", acquirer_ref text,
  actor text, request_id text, created_at timestamptz NOT NULL,
  -- When to look again: to send one that waits for balance, or to ask whether a succeeded one came back.
  next_check_at timestamptz, leased_until timestamptz,
  PRIMARY KEY (env, id),
  CHECK (pending_reason IS NULL OR status = 'pending'), CHECK ((status = 'failed') = (failure_reason IS NOT NULL)),
  CHECK (pending_reason IS DISTINCT FROM 'insufficient_funds' OR next_check_at IS NOT NULL),  -- waiting => scheduled
  FOREIGN KEY (env, payment_id, currency) REFERENCES pay.payment (env, id, currency),
  FOREIGN KEY (env, charge_id) REFERENCES pay.charge (env, id)
) WITH (fillfactor = 70);
CREATE INDEX refund_newest ON pay.refund (env, created_at DESC, id DESC);
CREATE INDEX refund_payment ON pay.refund (env, payment_id, created_at DESC, id DESC);
CREATE INDEX refund_charge ON pay.refund (env, charge_id, created_at DESC, id DESC);
CREATE INDEX refund_due ON pay.refund (env, next_check_at) WHERE next_check_at IS NOT NULL;
SELECT core.protect('pay.refund');
GRANT INSERT, UPDATE ON pay.refund TO farthing_app;
SELECT pay.keep_history('refund');
INSERT INTO pay.transition (entity, from_s, to_s) VALUES
  ('refund', 'none', 'pending'), ('refund', 'pending', 'succeeded'), ('refund', 'pending', 'failed'),
  ('refund', 'pending', 'canceled'), ('refund', 'succeeded', 'failed');

SELECT set_config('app.env', '0', true);  -- a new foreign key looks at the rows that are there, through the policy
-- A payment has many refunds: their attempts are numbered per refund, all others per payment.
ALTER TABLE pay.attempt DROP CONSTRAINT attempt_env_payment_id_kind_number_key,
  ADD FOREIGN KEY (env, refund_id) REFERENCES pay.refund (env, id),
  ADD CHECK ((kind = 'refund') = (refund_id IS NOT NULL));
CREATE UNIQUE INDEX attempt_number ON pay.attempt (env, payment_id, kind, number) WHERE refund_id IS NULL;
CREATE UNIQUE INDEX refund_attempt_number ON pay.attempt (env, refund_id, number) WHERE refund_id IS NOT NULL;
-- the double-refund wall: at most one live or won message per refund
CREATE UNIQUE INDEX one_live_refund ON pay.attempt (env, refund_id)
  WHERE kind = 'refund' AND status IN ('sent', 'unknown', 'manual', 'approved');

-- An acquirer may have taken a refund and not decided it yet.
ALTER TABLE pay.acquirer_record DROP CONSTRAINT acquirer_record_status_check,
  ADD CONSTRAINT acquirer_record_status_check CHECK (status IN ('pending', 'approved', 'declined', 'reversed',
                                                                'tombstone'));

-- What a payment still has in an account: its own postings there, less what its refunds have taken or hold.
CREATE FUNCTION pay.ledger_share(p_env bigint, p_payment text, p_account bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pay, pg_temp AS $$
  SELECT (SELECT coalesce(sum(CASE WHEN t.credit_id = p_account THEN t.amount ELSE -t.amount END), 0)
            FROM transfer t WHERE t.env = p_env AND t.code IN ('capture', 'fee', 'available')
             AND t.ref_id = p_payment AND p_account IN (t.debit_id, t.credit_id))::bigint
       - (SELECT coalesce(sum(h.amount), 0)
            FROM refund r JOIN hold h ON h.env = r.env AND h.code = 'refund' AND h.ref_id = r.id
           WHERE r.env = p_env AND r.payment_id = p_payment AND h.debit_id = p_account
             AND h.status IN ('pending', 'posted'))::bigint $$;

-- How much a refund may still take on credit: the fee that its payment has truly paid us (from the merchant's balance,
-- not lent as debt), less what earlier refunds of it took.
CREATE FUNCTION pay.ledger_fee_credit(p_env bigint, p_payment text, p_debt bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pay, pg_temp AS $$
  SELECT (SELECT coalesce(sum(t.amount), 0) FROM transfer t
           WHERE t.env = p_env AND t.code = 'fee' AND t.ref_id = p_payment AND t.debit_id <> p_debt)::bigint
       - (SELECT coalesce(sum(h.amount), 0)
            FROM refund r JOIN hold h ON h.env = r.env AND h.code = 'refund' AND h.ref_id = r.id
           WHERE r.env = p_env AND r.payment_id = p_payment AND h.debit_id = p_debt
             AND h.status IN ('pending', 'posted'))::bigint $$;

-- The draw rule for a debit that can still be refused (a refund before it is sent): one hold per source. First what
-- the payment has left in merchant_pending, then merchant_available, then on credit as much as its own fee, which we
-- keep. What these do not cover is refused as ZZ005. Entry: {of, credit, currency, amount, code, ref}.
CREATE FUNCTION pay.ledger_draw_hold(p_env bigint, e jsonb) RETURNS void
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
      PERFORM ledger_hold(p_env, e || jsonb_build_object('debit', source.kind, 'amount', part, 'leg', n));
      n := n + 1; rest := rest - part;
    END IF;
  END LOOP;
  IF rest > 0 THEN RAISE EXCEPTION 'the balance lacks %', rest USING ERRCODE = 'ZZ005'; END IF; END $$;

-- Closes every hold of a fact that was drawn: posted (each source becomes a transfer) or voided.
-- Entry: {group, credit, currency, code, ref, status}.
CREATE FUNCTION pay.ledger_close_drawn(p_env bigint, e jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE h hold; n int := 0; BEGIN
  FOR h IN SELECT * FROM hold WHERE env = p_env AND code = e->>'code' AND ref_id = e->>'ref' AND status = 'pending'
            ORDER BY leg LOOP
    n := n + 1;
    UPDATE hold SET status = e->>'status', posted_amount = CASE e->>'status' WHEN 'posted' THEN h.amount END
     WHERE env = p_env AND id = h.id;
    UPDATE account SET pending_debits  = pending_debits  - h.amount WHERE env = p_env AND id = h.debit_id;
    UPDATE account SET pending_credits = pending_credits - h.amount WHERE env = p_env AND id = h.credit_id;
    IF e->>'status' = 'posted' THEN
      PERFORM ledger_move(p_env, (e->>'group')::uuid, h.debit_id, h.credit_id, h.currency, h.amount, h.code, h.ref_id,
                          h.leg, NULL);
    END IF;
  END LOOP;
  IF n = 0 THEN RAISE EXCEPTION 'holds % % not pending', e->>'code', e->>'ref' USING ERRCODE = '23514'; END IF; END $$;
REVOKE ALL ON FUNCTION pay.ledger_share(bigint, text, bigint), pay.ledger_fee_credit(bigint, text, bigint),
  pay.ledger_draw_hold(bigint, jsonb), pay.ledger_close_drawn(bigint, jsonb) FROM PUBLIC;

-- The refund part of `pay.payment_write`, in its lock order: payments first, then refunds.
-- reserves {id, amount}: the over-refund wall, one conditional update each; a negative amount gives back. ZZ006 when
--   there is not that much left.
-- refunds: new rows · refund_changes {id, status, change}: from exactly that status, else ZZ003.
CREATE FUNCTION pay.refunds_write(p_env bigint, d jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ DECLARE c record; r refund; BEGIN
  FOR c IN SELECT * FROM jsonb_to_recordset(d->'reserves') AS x(id text, amount bigint) ORDER BY x.id LOOP
    UPDATE payment SET refund_reserved = refund_reserved + c.amount
     WHERE env = p_env AND id = c.id AND refund_reserved + c.amount <= captured;
    IF NOT FOUND THEN RAISE EXCEPTION 'payment % has less left', c.id USING ERRCODE = 'ZZ006'; END IF;
  END LOOP;
  IF d ? 'refunds' THEN
    INSERT INTO refund SELECT n.* FROM jsonb_populate_recordset(NULL::refund, d->'refunds') n;
  END IF;
  FOR c IN SELECT * FROM jsonb_to_recordset(d->'refund_changes') AS x(id text, status text, change jsonb)
            ORDER BY x.id LOOP
    SELECT * INTO r FROM refund WHERE env = p_env AND id = c.id FOR NO KEY UPDATE;
    IF r.status IS DISTINCT FROM c.status THEN
      RAISE EXCEPTION 'refund % is %', c.id, r.status USING ERRCODE = 'ZZ003'; END IF;
    r := jsonb_populate_record(r, c.change);
    UPDATE refund SET status = r.status, pending_reason = r.pending_reason, failure_reason = r.failure_reason,
      metadata = r.metadata, acquirer_ref = r.acquirer_ref, next_check_at = r.next_check_at, leased_until = NULL,
      actor = r.actor, request_id = r.request_id
     WHERE env = p_env AND id = c.id;
  END LOOP; END $$;
REVOKE ALL ON FUNCTION pay.refunds_write(bigint, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.refunds_write(bigint, jsonb) TO farthing_app;
