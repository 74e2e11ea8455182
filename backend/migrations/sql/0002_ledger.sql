-- The ledger: accounts, transfers, holds, and the one function that writes them (money rules 5, 6, 8).
-- A transfer moves one amount from one account to one account, so an unbalanced entry cannot be written.

CREATE TABLE pay.account (
  env             bigint  NOT NULL,
  id              bigint  NOT NULL GENERATED ALWAYS AS IDENTITY,
  kind            text    NOT NULL CHECK (kind IN (
    'acquirer_clearing', 'bank_cash', 'merchant_pending', 'merchant_available', 'reserve', 'merchant_debt',
    'fee_revenue', 'acquirer_cost', 'losses', 'payout_clearing', 'dispute_hold', 'fx_clearing', 'fx_gain_loss',
    'inter_clearing')),
  stripe          int     NOT NULL DEFAULT 0,
  currency        char(3) NOT NULL,
  floor_zero      boolean NOT NULL,
  debits          bigint  NOT NULL DEFAULT 0 CHECK (debits  >= 0),     -- both totals only grow
  credits         bigint  NOT NULL DEFAULT 0 CHECK (credits >= 0),
  pending_debits  bigint  NOT NULL DEFAULT 0 CHECK (pending_debits  >= 0),
  pending_credits bigint  NOT NULL DEFAULT 0 CHECK (pending_credits >= 0),
  version         bigint  NOT NULL DEFAULT 0,
  PRIMARY KEY (env, id),
  UNIQUE (env, kind, currency, stripe),
  UNIQUE (env, id, currency),                                          -- target of the composite keys below
  CHECK (NOT floor_zero OR credits - debits - pending_debits >= 0)
) WITH (fillfactor = 50);

CREATE TABLE pay.transfer (
  env bigint NOT NULL, id uuid NOT NULL DEFAULT uuidv7(), group_id uuid NOT NULL,
  debit_id bigint NOT NULL, credit_id bigint NOT NULL, currency char(3) NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  code text NOT NULL, ref_id text NOT NULL COLLATE "C", leg smallint NOT NULL DEFAULT 0,
  debit_version bigint NOT NULL, credit_version bigint NOT NULL,
  debit_after bigint NOT NULL, credit_after bigint NOT NULL,
  reverses uuid, created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (env, id),
  CHECK (debit_id <> credit_id),
  UNIQUE (env, code, ref_id, leg),                                     -- one business fact posts once
  UNIQUE (env, debit_id, debit_version), UNIQUE (env, credit_id, credit_version),
  FOREIGN KEY (env, debit_id,  currency) REFERENCES pay.account (env, id, currency),
  FOREIGN KEY (env, credit_id, currency) REFERENCES pay.account (env, id, currency),
  FOREIGN KEY (env, reverses) REFERENCES pay.transfer (env, id)
);
CREATE UNIQUE INDEX one_reversal ON pay.transfer (env, reverses) WHERE reverses IS NOT NULL;

CREATE TABLE pay.hold (
  env bigint NOT NULL, id uuid NOT NULL DEFAULT uuidv7(),
  debit_id bigint NOT NULL, credit_id bigint NOT NULL, currency char(3) NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  code text NOT NULL, ref_id text NOT NULL COLLATE "C", leg smallint NOT NULL DEFAULT 0,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'posted', 'voided', 'expired')),
  posted_amount bigint,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (env, id), UNIQUE (env, code, ref_id, leg), CHECK (debit_id <> credit_id),
  CHECK (CASE status WHEN 'posted' THEN posted_amount BETWEEN 1 AND amount ELSE posted_amount IS NULL END),
  FOREIGN KEY (env, debit_id,  currency) REFERENCES pay.account (env, id, currency),
  FOREIGN KEY (env, credit_id, currency) REFERENCES pay.account (env, id, currency)
);

SELECT core.protect('pay.account'), core.protect('pay.transfer', true), core.protect('pay.hold');

CREATE FUNCTION pay.env_guard(p_env bigint) RETURNS void LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF p_env IS DISTINCT FROM current_setting('app.env')::bigint
  THEN RAISE EXCEPTION 'wrong environment' USING ERRCODE = '42501'; END IF; END $$;

-- Which stripe of an account an entry means: only accounts without a floor are split (money rule 8).
CREATE FUNCTION pay.ledger_stripe(p_kind text, e jsonb) RETURNS int
LANGUAGE sql IMMUTABLE SET search_path = pay, pg_temp AS $$
  SELECT CASE WHEN p_kind IN ('acquirer_clearing', 'fee_revenue') THEN coalesce((e->>'stripe')::int, 0) ELSE 0 END $$;

-- The id of an account, which is opened when first named.
CREATE FUNCTION pay.ledger_account(p_env bigint, p_kind text, p_currency text, p_stripe int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE found_id bigint; BEGIN
  SELECT id INTO found_id FROM account
   WHERE env = p_env AND kind = p_kind AND currency = p_currency AND stripe = p_stripe;
  IF found_id IS NULL THEN
    PERFORM env_guard(p_env);
    INSERT INTO account (env, kind, currency, stripe, floor_zero)
    VALUES (p_env, p_kind, p_currency, p_stripe, p_kind IN ('merchant_pending', 'merchant_available', 'reserve'))
    ON CONFLICT DO NOTHING;
    SELECT id INTO found_id FROM account
     WHERE env = p_env AND kind = p_kind AND currency = p_currency AND stripe = p_stripe;
  END IF;
  RETURN found_id; END $$;

-- Moves one amount; both accounts are locked already.
CREATE FUNCTION pay.ledger_move(p_env bigint, p_group uuid, p_debit bigint, p_credit bigint, p_currency text,
  p_amount bigint, p_code text, p_ref text, p_leg int, p_reverses uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE d record; c record; BEGIN
  UPDATE account SET debits  = debits  + p_amount, version = version + 1
   WHERE env = p_env AND id = p_debit  RETURNING version, credits - debits AS balance INTO d;
  UPDATE account SET credits = credits + p_amount, version = version + 1
   WHERE env = p_env AND id = p_credit RETURNING version, credits - debits AS balance INTO c;
  INSERT INTO transfer (env, group_id, debit_id, credit_id, currency, amount, code, ref_id, leg, reverses,
                        debit_version, debit_after, credit_version, credit_after)
  VALUES (p_env, p_group, p_debit, p_credit, p_currency, p_amount, p_code, p_ref, p_leg, p_reverses,
          d.version, d.balance, c.version, c.balance); END $$;

-- The draw rule: a debit that must happen takes from what the charge still has in merchant_pending (`pending`),
-- then from merchant_available, then from merchant_debt; each source is one leg.
CREATE FUNCTION pay.ledger_draw(p_env bigint, p_group uuid, e jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE rest bigint := (e->>'amount')::bigint; part bigint; leg int := 0; source record; BEGIN
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

CREATE FUNCTION pay.ledger_hold(p_env bigint, e jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE d bigint := ledger_account(p_env, e->>'debit', e->>'currency', ledger_stripe(e->>'debit', e));
        c bigint := ledger_account(p_env, e->>'credit', e->>'currency', 0);
        n bigint := (e->>'amount')::bigint; BEGIN
  UPDATE account SET pending_debits  = pending_debits  + n WHERE env = p_env AND id = d;
  UPDATE account SET pending_credits = pending_credits + n WHERE env = p_env AND id = c;
  INSERT INTO hold (env, debit_id, credit_id, currency, amount, code, ref_id, leg)
  VALUES (p_env, d, c, e->>'currency', n, e->>'code', e->>'ref', coalesce((e->>'leg')::int, 0)); END $$;

CREATE FUNCTION pay.ledger_close(p_env bigint, e jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$ DECLARE h hold; BEGIN
  UPDATE hold SET status = e->>'status', posted_amount = (e->>'posted')::bigint
   WHERE env = p_env AND code = e->>'code' AND ref_id = e->>'ref' AND leg = coalesce((e->>'leg')::int, 0)
     AND status = 'pending' RETURNING * INTO h;
  IF NOT FOUND THEN RAISE EXCEPTION 'hold % % not pending', e->>'code', e->>'ref' USING ERRCODE = '23514'; END IF;
  UPDATE account SET pending_debits  = pending_debits  - h.amount WHERE env = p_env AND id = h.debit_id;
  UPDATE account SET pending_credits = pending_credits - h.amount WHERE env = p_env AND id = h.credit_id; END $$;

-- Plain transfers, all at once: versions and running balances count on from the locked accounts.
CREATE FUNCTION pay.ledger_post(p_env bigint, p_entries jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
  WITH e AS (
    SELECT n, (x->>'group')::uuid AS group_id, x->>'currency' AS currency, (x->>'amount')::bigint AS amount,
           x->>'code' AS code, x->>'ref' AS ref, coalesce((x->>'leg')::int, 0) AS leg, (x->>'reverses')::uuid AS reverses,
           ledger_account(p_env, x->>'debit', x->>'currency', ledger_stripe(x->>'debit', x)) AS debit_id,
           ledger_account(p_env, x->>'credit', x->>'currency', ledger_stripe(x->>'credit', x)) AS credit_id
      FROM jsonb_array_elements(p_entries) WITH ORDINALITY AS a(x, n) WHERE x->>'op' = 'post'),
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
                        debit_version, debit_after, credit_version, credit_after)
  SELECT p_env, e.group_id, e.debit_id, e.credit_id, e.currency, e.amount, e.code, e.ref, e.leg, e.reverses,
         d.version, d.balance, c.version, c.balance
    FROM e JOIN run d ON (d.n, d.id) = (e.n, e.debit_id) JOIN run c ON (c.n, c.id) = (e.n, e.credit_id)
   ORDER BY e.n $$;

-- The one way into the books: entries of op post | draw | hold | close, and draw_hold | close_drawn (0016_refunds.sql). All accounts are locked first, in one order;
-- then holds are closed, transfers posted, draws made, holds opened.
-- post  {group, debit, credit, currency, amount, code, ref, leg?, stripe?, reverses?}
-- draw  {group, credit, currency, amount, pending, code, ref, stripe?}
-- hold  {debit, credit, currency, amount, code, ref, leg?, stripe?}
-- close {code, ref, leg?, status, posted?, currency, debit, credit, stripe?}
CREATE FUNCTION pay.ledger_apply(p_env bigint, p_entries jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE e jsonb; BEGIN
  PERFORM env_guard(p_env);
  PERFORM 1 FROM account a WHERE a.env = p_env AND a.id IN (
    SELECT DISTINCT ledger_account(p_env, k.kind, x.e->>'currency', ledger_stripe(k.kind, x.e))
      FROM jsonb_array_elements(p_entries) AS x(e),
           unnest(CASE WHEN x.e->>'op' IN ('draw', 'draw_hold', 'close_drawn')
                       THEN ARRAY['merchant_pending', 'merchant_available', 'merchant_debt', x.e->>'credit']
                       ELSE ARRAY[x.e->>'debit', x.e->>'credit'] END) AS k(kind))
   ORDER BY a.id FOR NO KEY UPDATE;
  FOR e IN SELECT * FROM jsonb_array_elements(p_entries) x WHERE x->>'op' = 'close' LOOP
    PERFORM ledger_close(p_env, e);
  END LOOP;
  FOR e IN SELECT * FROM jsonb_array_elements(p_entries) x WHERE x->>'op' = 'close_drawn' LOOP
    PERFORM ledger_close_drawn(p_env, e);
  END LOOP;
  PERFORM ledger_post(p_env, p_entries);
  FOR e IN SELECT * FROM jsonb_array_elements(p_entries) x WHERE x->>'op' IN ('draw', 'hold', 'draw_hold') LOOP
    IF e->>'op' = 'draw' THEN PERFORM ledger_draw(p_env, (e->>'group')::uuid, e);
    ELSIF e->>'op' = 'draw_hold' THEN PERFORM ledger_draw_hold(p_env, e);
    ELSE PERFORM ledger_hold(p_env, e); END IF;
  END LOOP; END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pay FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.env_guard(bigint), pay.ledger_apply(bigint, jsonb) TO farthing_app;
