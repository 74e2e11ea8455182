-- Checkout sessions and what they sell. Amounts are fixed here at creation; a browser never names one (security A3).

CREATE TABLE pay.checkout_session (
  env bigint NOT NULL, id text NOT NULL COLLATE "C",
  status text NOT NULL CHECK (status IN ('open', 'complete', 'expired')),
  payment_status text NOT NULL DEFAULT 'unpaid' CHECK (payment_status IN ('unpaid', 'paid', 'no_payment_required')),
  step int NOT NULL DEFAULT 0,
  mode text NOT NULL DEFAULT 'payment' CHECK (mode IN ('payment')),
  ui_mode text NOT NULL DEFAULT 'hosted_page' CHECK (ui_mode IN ('hosted_page')),
  currency char(3) NOT NULL CHECK (currency = lower(currency)),
  amount_total bigint NOT NULL CHECK (amount_total > 0),
  customer_id text COLLATE "C", customer_email text, client_reference_id text,
  success_url text NOT NULL, cancel_url text,
  submit_type text CHECK (submit_type IN ('auto', 'book', 'donate', 'pay')),
  locale text, billing_address_collection text CHECK (billing_address_collection IN ('auto', 'required')),
  payment_intent_data jsonb NOT NULL DEFAULT '{}', metadata jsonb NOT NULL DEFAULT '{}',
  customer_details jsonb,
  payment_id text COLLATE "C",              -- null until the shopper first submits, then fixed: one payment a session
  created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, completed_at timestamptz,
  PRIMARY KEY (env, id),
  FOREIGN KEY (env, customer_id) REFERENCES pay.customer (env, id),
  FOREIGN KEY (env, payment_id, currency) REFERENCES pay.payment (env, id, currency),
  CHECK (status <> 'complete' OR (payment_id IS NOT NULL AND completed_at IS NOT NULL)),
  CHECK (payment_status <> 'paid' OR status = 'complete')
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX one_session_per_payment ON pay.checkout_session (env, payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX checkout_session_newest ON pay.checkout_session (env, created_at DESC, id DESC);
CREATE INDEX checkout_session_due ON pay.checkout_session (env, expires_at) WHERE status = 'open';

CREATE TABLE pay.checkout_line_item (
  env bigint NOT NULL, session_id text NOT NULL COLLATE "C", seq smallint NOT NULL,
  id text NOT NULL COLLATE "C", price_id text NOT NULL COLLATE "C", product_id text NOT NULL COLLATE "C",
  name text NOT NULL, description text, images text[] NOT NULL DEFAULT '{}',
  quantity bigint NOT NULL CHECK (quantity > 0),
  unit_amount bigint NOT NULL CHECK (unit_amount >= 0),
  currency char(3) NOT NULL,
  amount_total bigint NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (env, session_id, seq),
  UNIQUE (env, id),
  FOREIGN KEY (env, session_id) REFERENCES pay.checkout_session (env, id),
  CHECK (amount_total = unit_amount * quantity)
);

SELECT core.protect('pay.checkout_session'), core.protect('pay.checkout_line_item', true);
GRANT INSERT, UPDATE ON pay.checkout_session TO farthing_app;
GRANT INSERT ON pay.checkout_line_item TO farthing_app;

CREATE TRIGGER state BEFORE INSERT OR UPDATE OF status ON pay.checkout_session
  FOR EACH ROW EXECUTE FUNCTION pay.t_state('checkout_session');

-- The same rows as backend/checkout_sessions/states.py (a test compares the two).
INSERT INTO pay.transition (entity, from_s, to_s)
VALUES ('checkout_session', 'none', 'open'), ('checkout_session', 'open', 'complete'),
       ('checkout_session', 'open', 'expired');

-- What was sold, to whom it was promised and which payment pays it never change once written.
CREATE FUNCTION pay.t_session_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF (NEW.amount_total, NEW.currency, NEW.created_at) IS DISTINCT FROM (OLD.amount_total, OLD.currency, OLD.created_at)
     OR (OLD.payment_id IS NOT NULL AND NEW.payment_id IS DISTINCT FROM OLD.payment_id)
  THEN RAISE EXCEPTION 'immutable: amount, currency and payment of a checkout session' USING ERRCODE = '23001'; END IF;
  RETURN NEW; END $$;
REVOKE ALL ON FUNCTION pay.t_session_fixed() FROM PUBLIC;
CREATE TRIGGER fixed BEFORE UPDATE ON pay.checkout_session FOR EACH ROW EXECUTE FUNCTION pay.t_session_fixed();
