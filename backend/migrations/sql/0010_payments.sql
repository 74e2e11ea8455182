-- Customers, payment methods, payment intents, attempts, charges, authentications, idempotency keys, and the one
-- function that writes a step of a payment (money rules 1-5).

CREATE TABLE pay.customer (
  env bigint NOT NULL, id text NOT NULL COLLATE "C",
  email text, name text, phone text, description text,
  address jsonb, shipping jsonb, metadata jsonb NOT NULL DEFAULT '{}',
  preferred_locales text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL, deleted_at timestamptz,
  PRIMARY KEY (env, id)
);
CREATE INDEX customer_newest ON pay.customer (env, created_at DESC, id DESC);

CREATE TABLE pay.payment_method (
  env bigint NOT NULL, id text NOT NULL COLLATE "C",
  customer_id text COLLATE "C", type text NOT NULL DEFAULT 'card' CHECK (type IN ('card')),
  card jsonb NOT NULL,                 -- public facts only: brand, last4, expiry, country, funding, fingerprint, three_ds
  billing_details jsonb NOT NULL DEFAULT '{}', metadata jsonb NOT NULL DEFAULT '{}',
  allow_redisplay text NOT NULL DEFAULT 'unspecified',
  created_at timestamptz NOT NULL, detached_at timestamptz,
  PRIMARY KEY (env, id),
  FOREIGN KEY (env, customer_id) REFERENCES pay.customer (env, id)
);
CREATE INDEX payment_method_customer ON pay.payment_method (env, customer_id, created_at DESC, id DESC);

CREATE TABLE pay.payment (
  env bigint NOT NULL, id text NOT NULL COLLATE "C",
  amount bigint NOT NULL CHECK (amount > 0), currency char(3) NOT NULL CHECK (currency = lower(currency)),
  status text NOT NULL CHECK (status IN ('requires_payment_method', 'requires_confirmation', 'requires_action',
    'processing', 'requires_capture', 'canceled', 'succeeded')),
  step int NOT NULL DEFAULT 0, version int NOT NULL DEFAULT 1,
  captured        bigint NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
  refund_reserved bigint NOT NULL DEFAULT 0 CHECK (refund_reserved BETWEEN 0 AND captured),   -- the over-refund wall
  amount_capturable bigint NOT NULL DEFAULT 0 CHECK (amount_capturable BETWEEN 0 AND amount),
  capture_method text NOT NULL DEFAULT 'automatic' CHECK (capture_method IN ('automatic', 'automatic_async', 'manual')),
  confirmation_method text NOT NULL DEFAULT 'automatic' CHECK (confirmation_method IN ('automatic', 'manual')),
  client_secret text NOT NULL,
  customer_id text COLLATE "C", payment_method_id text COLLATE "C",
  latest_charge_id text COLLATE "C", checkout_session_id text COLLATE "C",
  description text, receipt_email text, statement_descriptor text, statement_descriptor_suffix text,
  setup_future_usage text CHECK (setup_future_usage IN ('on_session', 'off_session')),
  transfer_group text, return_url text, shipping jsonb,
  payment_method_types text[] NOT NULL DEFAULT '{card}', automatic_payment_methods jsonb,
  payment_method_options jsonb NOT NULL DEFAULT '{}',
  metadata jsonb NOT NULL DEFAULT '{}',
  last_payment_error jsonb, next_action jsonb, last_attempt jsonb, actor text, request_id text,
  cancellation_reason text, canceled_at timestamptz, created_at timestamptz NOT NULL,
  PRIMARY KEY (env, id), UNIQUE (env, id, currency),
  FOREIGN KEY (env, customer_id) REFERENCES pay.customer (env, id)
) WITH (fillfactor = 70);
CREATE INDEX payment_newest ON pay.payment (env, created_at DESC, id DESC);
CREATE INDEX payment_customer ON pay.payment (env, customer_id, created_at DESC) WHERE customer_id IS NOT NULL;

CREATE TABLE pay.attempt (
  env bigint NOT NULL, id uuid NOT NULL DEFAULT uuidv7(),
  payment_id text COLLATE "C", refund_id text COLLATE "C", payout_id text COLLATE "C",
  kind   text NOT NULL CHECK (kind IN ('authorize', 'sale', 'increment', 'capture', 'void', 'refund', 'payout')),
  number smallint NOT NULL,
  status text NOT NULL CHECK (status IN ('sent', 'unknown', 'manual', 'approved', 'declined', 'failed', 'reversed')),
  step int NOT NULL DEFAULT 0,
  network_key text NOT NULL, original_key text, connector text NOT NULL, acquirer_ref text,
  amount bigint NOT NULL CHECK (amount > 0), currency char(3) NOT NULL,
  charge_id text COLLATE "C", payment_method_id text COLLATE "C",
  three_d_secure jsonb, answer jsonb, note text,
  idempotency_key text, actor text, request_id text,
  sent_at timestamptz NOT NULL DEFAULT now(), next_check_at timestamptz,
  check_no smallint NOT NULL DEFAULT 0, leased_until timestamptz,                  -- fencing: money rule 3
  PRIMARY KEY (env, id),
  UNIQUE (env, network_key),
  UNIQUE (env, payment_id, kind, number),
  FOREIGN KEY (env, payment_id) REFERENCES pay.payment (env, id),
  CHECK (status NOT IN ('sent', 'unknown') OR next_check_at IS NOT NULL),           -- uncertain => scheduled
  CHECK (status <> 'approved' OR acquirer_ref IS NOT NULL)
) WITH (fillfactor = 70);
-- the double-charge wall: at most one live or won authorisation per payment
CREATE UNIQUE INDEX one_live_authorisation ON pay.attempt (env, payment_id)
  WHERE kind IN ('authorize', 'sale') AND status IN ('sent', 'unknown', 'manual', 'approved');
-- capture, void and increment of one payment never overlap
CREATE UNIQUE INDEX one_open_operation ON pay.attempt (env, payment_id)
  WHERE kind IN ('capture', 'void', 'increment') AND status IN ('sent', 'unknown', 'manual');
CREATE UNIQUE INDEX acquirer_ref_once ON pay.attempt (env, connector, acquirer_ref) WHERE acquirer_ref IS NOT NULL;
CREATE INDEX attempt_due ON pay.attempt (env, next_check_at) WHERE status IN ('sent', 'unknown');

CREATE TABLE pay.charge (
  env bigint NOT NULL, id text NOT NULL COLLATE "C", payment_id text NOT NULL COLLATE "C",
  amount bigint NOT NULL CHECK (amount > 0), currency char(3) NOT NULL,
  amount_captured bigint NOT NULL DEFAULT 0 CHECK (amount_captured BETWEEN 0 AND amount),
  amount_refunded bigint NOT NULL DEFAULT 0 CHECK (amount_refunded BETWEEN 0 AND amount),
  status text NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
  step int NOT NULL DEFAULT 0,
  captured boolean NOT NULL DEFAULT false, refunded boolean NOT NULL DEFAULT false,
  failure_code text, failure_message text,
  outcome jsonb, payment_method_details jsonb, billing_details jsonb,
  customer_id text COLLATE "C", payment_method_id text COLLATE "C",
  acquirer_ref text, authorization_code text, network_transaction_id text, actor text, request_id text,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (env, id),
  FOREIGN KEY (env, payment_id, currency) REFERENCES pay.payment (env, id, currency)
) WITH (fillfactor = 80);
CREATE INDEX charge_payment ON pay.charge (env, payment_id, created_at DESC, id DESC);
CREATE INDEX charge_newest ON pay.charge (env, created_at DESC, id DESC);

-- One EMV 3-D Secure authentication of one payment; `three_ds_server_trans_id` is our own reference.
CREATE TABLE pay.authentication (
  env bigint NOT NULL, id text NOT NULL COLLATE "C", payment_id text NOT NULL COLLATE "C",
  payment_method_id text NOT NULL COLLATE "C",
  status text NOT NULL CHECK (status IN ('challenge', 'succeeded', 'failed')),
  step int NOT NULL DEFAULT 0,
  three_ds_server_trans_id text NOT NULL, acs_transaction_id text, ds_transaction_id text, acs_url text,
  amount bigint NOT NULL, currency char(3) NOT NULL,
  trans_status text, eci text, cavv text, return_url text,
  created_at timestamptz NOT NULL, finished_at timestamptz,
  PRIMARY KEY (env, id), UNIQUE (env, three_ds_server_trans_id),
  FOREIGN KEY (env, payment_id, currency) REFERENCES pay.payment (env, id, currency)
);
CREATE INDEX authentication_payment ON pay.authentication (env, payment_id);

CREATE TABLE pay.idempotency (
  env bigint NOT NULL, key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  request_hash bytea NOT NULL,
  recovery_point text NOT NULL DEFAULT 'started' CHECK (recovery_point IN ('started', 'finished')),
  locked_until timestamptz, response_code int, response_body bytea, resource_id text COLLATE "C", request_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (env, key),
  CHECK ((recovery_point = 'finished') = (response_code IS NOT NULL))
);
CREATE INDEX idempotency_age ON pay.idempotency (env, created_at);

SELECT core.protect(t::regclass) FROM unnest(ARRAY['pay.customer', 'pay.payment_method', 'pay.payment', 'pay.attempt',
  'pay.charge', 'pay.authentication', 'pay.idempotency']) t;
GRANT INSERT, UPDATE ON pay.customer, pay.payment_method, pay.payment, pay.attempt, pay.charge, pay.authentication,
  pay.idempotency TO farthing_app;
GRANT DELETE ON pay.idempotency TO farthing_app;

SELECT pay.keep_history('payment'), pay.keep_history('attempt'), pay.keep_history('charge');
CREATE TRIGGER state BEFORE INSERT OR UPDATE OF status ON pay.authentication
  FOR EACH ROW EXECUTE FUNCTION pay.t_state('authentication');

-- The legal steps: the same rows as backend/payments/states.py (a test compares the two).
INSERT INTO pay.transition (entity, from_s, to_s)
SELECT 'payment', f, t FROM (VALUES
  ('none', 'requires_payment_method'), ('none', 'requires_confirmation'), ('none', 'requires_action'),
  ('none', 'processing'),
  ('requires_payment_method', 'requires_confirmation'), ('requires_payment_method', 'requires_action'),
  ('requires_payment_method', 'processing'), ('requires_payment_method', 'canceled'),
  ('requires_confirmation', 'requires_payment_method'), ('requires_confirmation', 'requires_action'),
  ('requires_confirmation', 'processing'), ('requires_confirmation', 'canceled'),
  ('requires_action', 'requires_payment_method'), ('requires_action', 'requires_confirmation'),
  ('requires_action', 'processing'), ('requires_action', 'canceled'),
  ('processing', 'succeeded'), ('processing', 'requires_capture'), ('processing', 'requires_payment_method'),
  ('processing', 'canceled'),
  ('requires_capture', 'processing'), ('requires_capture', 'canceled')) v(f, t)
UNION ALL SELECT 'attempt', f, t FROM (VALUES
  ('none', 'sent'),
  ('sent', 'approved'), ('sent', 'declined'), ('sent', 'failed'), ('sent', 'unknown'), ('sent', 'manual'),
  ('sent', 'reversed'),
  ('unknown', 'approved'), ('unknown', 'declined'), ('unknown', 'failed'), ('unknown', 'reversed'),
  ('unknown', 'manual'),
  ('manual', 'approved'), ('manual', 'declined'), ('manual', 'failed'),
  ('approved', 'reversed')) v(f, t)
UNION ALL SELECT 'charge', f, t FROM (VALUES
  ('none', 'pending'), ('none', 'succeeded'), ('none', 'failed'), ('pending', 'succeeded'), ('pending', 'failed')) v(f, t)
UNION ALL SELECT 'authentication', f, t FROM (VALUES
  ('none', 'challenge'), ('none', 'failed'), ('challenge', 'succeeded'), ('challenge', 'failed')) v(f, t);

-- Claims one idempotency key, or tells who holds it.
CREATE FUNCTION pay.key_claim(p_env bigint, k jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ DECLARE r record; BEGIN
  LOOP
    INSERT INTO idempotency (env, key, request_hash, locked_until, request_id)
    VALUES (p_env, k->>'key', decode(k->>'hash', 'hex'), now() + make_interval(secs => (k->>'lease')::float),
            k->>'request_id')
    ON CONFLICT DO NOTHING;
    IF FOUND THEN RETURN NULL; END IF;
    SELECT * INTO r FROM idempotency WHERE env = p_env AND key = k->>'key';
    EXIT WHEN FOUND;  -- not found: released between the two statements
  END LOOP;
  RETURN jsonb_build_object('same', r.request_hash = decode(k->>'hash', 'hex'), 'code', r.response_code,
    'body', convert_from(r.response_body, 'UTF8'), 'request_id', r.request_id, 'resource_id', r.resource_id); END $$;

-- Stores answers on their keys (recovery point `finished`). Elements: {key, code, body, resource}.
CREATE FUNCTION pay.keys_finish(p_env bigint, p_answers jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ DECLARE a record; BEGIN
  -- Row by row: a join with a list is planned badly while a table is young; each of these is one index look-up.
  FOR a IN SELECT * FROM jsonb_to_recordset(p_answers) AS x(key text, code int, body text, resource text)
            ORDER BY x.key LOOP
    UPDATE idempotency SET recovery_point = 'finished', response_code = a.code, locked_until = NULL,
           response_body = convert_to(a.body, 'UTF8'), resource_id = a.resource
     WHERE env = p_env AND key = a.key AND recovery_point = 'started';
  END LOOP; END $$;

-- Steps of payments, in one commit: one payment's, or many that came at the same moment. `d` holds lists, each
-- optional, written in the lock order key -> payment -> attempt -> accounts:
--   claims, answers, releases (keys) · inserts, changes {id, version, change} (payments) ·
--   reserves, refunds, refund_changes (0016_refunds.sql) ·
--   settles {id, check_no, change}, reverses (network keys), attempts (new) ·
--   authentications, authentication_changes · charges, charge_changes · entries (ledger) · events
-- Raises ZZ002 when a payment changed since it was read, ZZ003 when an attempt is no longer ours, ZZ004 when one of
-- several keys is held; the writer then sends the steps one by one. A single held key is returned as {held}.
CREATE FUNCTION pay.payment_write(p_env bigint, d jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$
DECLARE n int; held jsonb; c record; p payment; t authentication; g charge; name text; BEGIN
  IF d ? 'claims' THEN
    IF jsonb_array_length(d->'claims') = 1 THEN
      held := key_claim(p_env, d->'claims'->0);
      IF held IS NOT NULL THEN
        -- Joined with other payments' steps it must not speak for them: they are sent one by one, then it is told.
        IF jsonb_array_length(coalesce(d->'inserts', '[]')) + jsonb_array_length(coalesce(d->'changes', '[]'))
           + jsonb_array_length(coalesce(d->'refunds', '[]')) > 1 THEN
          RAISE EXCEPTION 'a key is held' USING ERRCODE = 'ZZ004'; END IF;
        RETURN jsonb_build_object('held', held);
      END IF;
    ELSE
      INSERT INTO idempotency (env, key, request_hash, locked_until, request_id)
      SELECT p_env, k.key, decode(k.hash, 'hex'), now() + make_interval(secs => k.lease), k.request_id
        FROM jsonb_to_recordset(d->'claims') AS k(key text, hash text, lease float, request_id text)
       ORDER BY k.key ON CONFLICT DO NOTHING;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n <> jsonb_array_length(d->'claims') THEN RAISE EXCEPTION 'a key is held' USING ERRCODE = 'ZZ004'; END IF;
    END IF;
  END IF;
  IF d ? 'answers' THEN PERFORM keys_finish(p_env, d->'answers'); END IF;
  IF d ? 'releases' THEN
    FOR name IN SELECT jsonb_array_elements_text(d->'releases') LOOP
      DELETE FROM idempotency WHERE env = p_env AND key = name AND recovery_point = 'started';
    END LOOP;
  END IF;

  IF d ? 'reserves' THEN  -- two lists name payments: all are locked here, in one order
    PERFORM 1 FROM payment WHERE env = p_env AND id IN (
      SELECT x->>'id' FROM jsonb_array_elements(d->'reserves' || coalesce(d->'changes', '[]')) x)
     ORDER BY id FOR NO KEY UPDATE;
  END IF;
  IF d ? 'inserts' THEN
    INSERT INTO payment SELECT r.* FROM jsonb_populate_recordset(NULL::payment, d->'inserts') r;
  END IF;
  FOR c IN SELECT * FROM jsonb_to_recordset(d->'changes') AS x(id text, version int, change jsonb) ORDER BY x.id LOOP
    SELECT * INTO p FROM payment WHERE env = p_env AND id = c.id FOR NO KEY UPDATE;
    IF p.version IS DISTINCT FROM c.version THEN
      RAISE EXCEPTION 'payment % changed', c.id USING ERRCODE = 'ZZ002'; END IF;
    p := jsonb_populate_record(p, c.change);
    UPDATE payment SET version = version + 1, status = p.status, amount = p.amount, currency = p.currency,
      captured = p.captured, amount_capturable = p.amount_capturable, capture_method = p.capture_method,
      customer_id = p.customer_id, payment_method_id = p.payment_method_id, latest_charge_id = p.latest_charge_id,
      description = p.description, receipt_email = p.receipt_email, statement_descriptor = p.statement_descriptor,
      statement_descriptor_suffix = p.statement_descriptor_suffix, setup_future_usage = p.setup_future_usage,
      transfer_group = p.transfer_group, return_url = p.return_url, shipping = p.shipping,
      payment_method_types = p.payment_method_types, payment_method_options = p.payment_method_options,
      automatic_payment_methods = p.automatic_payment_methods, metadata = p.metadata,
      last_payment_error = p.last_payment_error, next_action = p.next_action, last_attempt = p.last_attempt,
      cancellation_reason = p.cancellation_reason, canceled_at = p.canceled_at, actor = p.actor,
      request_id = p.request_id
     WHERE env = p_env AND id = c.id;
  END LOOP;
  IF d ?| ARRAY['reserves', 'refunds', 'refund_changes'] THEN PERFORM refunds_write(p_env, d); END IF;
  FOR c IN SELECT * FROM jsonb_to_recordset(d->'settles') AS x(id uuid, check_no int, change jsonb) ORDER BY x.id LOOP
    UPDATE attempt SET status = c.change->>'status', acquirer_ref = c.change->>'acquirer_ref',
      answer = c.change->'answer', note = c.change->>'note', next_check_at = (c.change->>'next_check_at')::timestamptz,
      leased_until = NULL, actor = c.change->>'actor', request_id = c.change->>'request_id'
     WHERE env = p_env AND id = c.id AND check_no = c.check_no AND status IN ('sent', 'unknown');
    IF NOT FOUND THEN RAISE EXCEPTION 'attempt % is no longer ours', c.id USING ERRCODE = 'ZZ003'; END IF;
  END LOOP;
  IF d ? 'reverses' THEN
    FOR name IN SELECT jsonb_array_elements_text(d->'reverses') LOOP
      UPDATE attempt SET status = 'reversed' WHERE env = p_env AND network_key = name AND status = 'approved';
    END LOOP;
  END IF;
  IF d ? 'attempts' THEN
    INSERT INTO attempt SELECT r.* FROM jsonb_populate_recordset(NULL::attempt, d->'attempts') r;
  END IF;

  IF d ? 'authentications' THEN
    INSERT INTO authentication
    SELECT r.* FROM jsonb_populate_recordset(NULL::authentication, d->'authentications') r;
  END IF;
  FOR t IN SELECT * FROM jsonb_populate_recordset(NULL::authentication, d->'authentication_changes') LOOP
    UPDATE authentication SET status = t.status, trans_status = t.trans_status, eci = t.eci, cavv = t.cavv,
      ds_transaction_id = t.ds_transaction_id, finished_at = t.finished_at
     WHERE env = p_env AND id = t.id AND status = 'challenge';
    IF NOT FOUND THEN RAISE EXCEPTION 'authentication % is finished', t.id USING ERRCODE = 'ZZ003'; END IF;
  END LOOP;
  IF d ? 'charges' THEN
    INSERT INTO charge SELECT r.* FROM jsonb_populate_recordset(NULL::charge, d->'charges') r;
  END IF;
  FOR g IN SELECT * FROM jsonb_populate_recordset(NULL::charge, d->'charge_changes') LOOP
    UPDATE charge SET status = g.status, captured = g.captured, amount_captured = g.amount_captured,
      amount_refunded = g.amount_refunded, refunded = g.refunded, failure_code = g.failure_code,
      failure_message = g.failure_message, outcome = g.outcome, payment_method_details = g.payment_method_details,
      acquirer_ref = g.acquirer_ref, authorization_code = g.authorization_code,
      network_transaction_id = g.network_transaction_id, actor = g.actor, request_id = g.request_id
     WHERE env = p_env AND id = g.id;
  END LOOP;
  IF d ? 'events' THEN PERFORM events_write(p_env, d->'events'); END IF;
  -- Last, since every payment of a merchant locks the same accounts: held no longer than the commit takes.
  IF d ? 'entries' THEN PERFORM ledger_apply(p_env, d->'entries'); END IF;
  RETURN '{}'::jsonb; END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pay FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.key_claim(bigint, jsonb), pay.keys_finish(bigint, jsonb),
  pay.payment_write(bigint, jsonb) TO farthing_app;

-- What a verb must know before it acts on a payment: the intent, its current charge, the payment method and whether
-- the customer exists, in one round trip.
CREATE FUNCTION pay.payment_read(p_env bigint, p_payment text, p_method text, p_customer text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pay, pg_temp AS $$
DECLARE p payment; m payment_method; c charge; n int := 0; d jsonb := '{}'; BEGIN
  IF p_payment IS NOT NULL THEN
    SELECT * INTO p FROM payment WHERE env = p_env AND id = p_payment;
    IF FOUND THEN
      -- the highest number, not the count: after a restore some may be missing
      SELECT coalesce(max(number), 0) INTO n FROM attempt WHERE env = p_env AND payment_id = p_payment;
      d := jsonb_build_object('payment', to_jsonb(p), 'attempts', n);
      IF p.latest_charge_id IS NOT NULL THEN
        SELECT * INTO c FROM charge WHERE env = p_env AND id = p.latest_charge_id;
        d := d || jsonb_build_object('charge', to_jsonb(c));
      END IF;
    END IF;
  END IF;
  IF coalesce(p_method, p.payment_method_id) IS NOT NULL THEN
    SELECT * INTO m FROM payment_method WHERE env = p_env AND id = coalesce(p_method, p.payment_method_id);
    IF FOUND THEN d := d || jsonb_build_object('method', to_jsonb(m)); END IF;
  END IF;
  IF p_customer IS NOT NULL THEN
    PERFORM 1 FROM customer WHERE env = p_env AND id = p_customer AND deleted_at IS NULL;
    d := d || jsonb_build_object('customer', FOUND);
  END IF;
  RETURN d; END $$;
REVOKE ALL ON FUNCTION pay.payment_read(bigint, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.payment_read(bigint, text, text, text) TO farthing_app;
