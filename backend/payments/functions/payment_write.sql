-- Steps of payments, in one commit: one payment's, or many that came at the same moment. `d` holds lists, each
-- optional, written in the lock order key -> payment -> attempt -> accounts:
--   claims, answers, releases (keys) · inserts, changes {id, version, change} (payments) ·
--   reserves, refunds, refund_changes (refunds_write.sql) ·
--   settles {id, check_no, change}, reverses (network keys), attempts (new) ·
--   authentications, authentication_changes · charges, charge_changes · entries (ledger) · events
-- Raises ZZ002 when a payment changed since it was read, ZZ003 when an attempt is no longer ours, ZZ004 when one of
-- several keys is held; the writer then sends the steps one by one. A single held key is returned as {held}.
CREATE OR REPLACE FUNCTION pay.payment_write(p_env bigint, d jsonb) RETURNS jsonb
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
    UPDATE charge SET status = g.status, disputed = g.disputed, amount = g.amount, captured = g.captured, amount_captured = g.amount_captured,
      amount_refunded = g.amount_refunded, refunded = g.refunded, failure_code = g.failure_code,
      failure_message = g.failure_message, outcome = g.outcome, payment_method_details = g.payment_method_details,
      acquirer_ref = g.acquirer_ref, authorization_code = g.authorization_code,
      network_transaction_id = g.network_transaction_id, actor = g.actor, request_id = g.request_id
     WHERE env = p_env AND id = g.id;
  END LOOP;
  IF d ? 'disputes' THEN
    INSERT INTO dispute (env, id, doc, created_at)
    SELECT r.env, r.id, r.doc, r.created_at FROM jsonb_populate_recordset(NULL::dispute, d->'disputes') r;
  END IF;
  IF d ? 'warnings' THEN
    INSERT INTO early_fraud_warning (env, id, doc, created_at)
    SELECT r.env, r.id, r.doc, r.created_at FROM jsonb_populate_recordset(NULL::early_fraud_warning, d->'warnings') r;
  END IF;
  IF d ? 'events' THEN PERFORM events_write(p_env, d->'events'); END IF;
  -- Last, since every payment of a merchant locks the same accounts: held no longer than the commit takes.
  IF d ? 'entries' THEN PERFORM ledger_apply(p_env, d->'entries'); END IF;
  RETURN '{}'::jsonb; END $$;
REVOKE ALL ON FUNCTION pay.payment_write(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.payment_write(bigint,jsonb) TO farthing_app;
