-- Steps of payments, in one commit: one payment's, or many that came at the same moment. `d` holds lists, each
-- optional, written in the lock order key -> payment -> attempt -> accounts:
--   claims, answers, releases (keys) · inserts, changes {id, version, change} (payments) ·
--   reserves, refunds, refund_changes (refunds_write.sql) ·
--   settles {id, check_no, change}, reverses (network keys), attempts (new) ·
--   authentications, authentication_changes {id, change} · charges, charge_changes {id, change} · disputes, warnings ·
--   events · entries (ledger)
-- Each list is one statement, which takes its rows in the order of their ids: what a statement costs to begin (it reads
-- every CHECK of its table anew) is paid once for a commit. Without the settings a plan that was made while the tables
-- were young reads all of them.
-- A change leaves what it does not name; only that of `settles` names all. The lists and their names stand once more in
-- payments/rows.py, where whoever writes a name that is not taken here is stopped.
-- Raises ZZ002 when a payment changed since it was read, ZZ003 when an attempt is no longer ours, ZZ004 when one of
-- several keys is held; the writer then sends the steps one by one. A single held key is returned as {held}.
CREATE OR REPLACE FUNCTION pay.payment_write(p_env bigint, d jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pay, pg_temp
SET enable_seqscan TO off SET enable_hashjoin TO off SET enable_mergejoin TO off AS $$
DECLARE held jsonb; c record; n int; name text; BEGIN
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
    ELSE PERFORM keys_claim(p_env, d->'claims'); END IF;
  END IF;
  IF d ? 'answers' THEN PERFORM keys_finish(p_env, d->'answers'); END IF;
  IF d ? 'releases' THEN PERFORM keys_release(p_env, d->'releases'); END IF;

  IF d ? 'reserves' THEN  -- two lists name payments: all are locked here, in one order
    PERFORM 1 FROM payment WHERE env = p_env AND id IN (
      SELECT x->>'id' FROM jsonb_array_elements(d->'reserves' || coalesce(d->'changes', '[]')) x)
     ORDER BY id FOR NO KEY UPDATE;
  END IF;
  IF d ? 'inserts' THEN
    INSERT INTO payment SELECT r.* FROM jsonb_populate_recordset(NULL::payment, d->'inserts') r;
  END IF;
  IF d ? 'changes' THEN
    UPDATE payment p SET (version, status, amount, currency, captured, amount_capturable, capture_method, customer_id,
        payment_method_id, latest_charge_id, description, receipt_email, statement_descriptor,
        statement_descriptor_suffix, setup_future_usage, transfer_group, return_url, shipping, payment_method_types,
        payment_method_options, automatic_payment_methods, metadata, last_payment_error, next_action, last_attempt,
        cancellation_reason, canceled_at, actor, request_id) =
      (SELECT p.version + 1, r.status, r.amount, r.currency, r.captured, r.amount_capturable, r.capture_method,
          r.customer_id, r.payment_method_id, r.latest_charge_id, r.description, r.receipt_email,
          r.statement_descriptor, r.statement_descriptor_suffix, r.setup_future_usage, r.transfer_group, r.return_url,
          r.shipping, r.payment_method_types, r.payment_method_options, r.automatic_payment_methods, r.metadata,
          r.last_payment_error, r.next_action, r.last_attempt, r.cancellation_reason, r.canceled_at, r.actor,
          r.request_id
         FROM jsonb_populate_record(p, x.change) r)
      FROM (SELECT * FROM jsonb_to_recordset(d->'changes') AS g(id text, version int, change jsonb) ORDER BY g.id) x
     WHERE p.env = p_env AND p.id = x.id AND p.version = x.version;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n <> jsonb_array_length(d->'changes') THEN RAISE EXCEPTION 'a payment changed' USING ERRCODE = 'ZZ002'; END IF;
  END IF;
  IF d ?| ARRAY['reserves', 'refunds', 'refund_changes'] THEN PERFORM refunds_write(p_env, d); END IF;
  IF d ? 'settles' THEN
    UPDATE attempt a SET status = x.change->>'status', acquirer_ref = x.change->>'acquirer_ref',
      answer = x.change->'answer', note = x.change->>'note', next_check_at = (x.change->>'next_check_at')::timestamptz,
      leased_until = NULL, actor = x.change->>'actor', request_id = x.change->>'request_id'
      FROM (SELECT * FROM jsonb_to_recordset(d->'settles') AS g(id uuid, check_no int, change jsonb) ORDER BY g.id) x
     WHERE a.env = p_env AND a.id = x.id AND a.check_no = x.check_no AND a.status IN ('sent', 'unknown');
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n <> jsonb_array_length(d->'settles') THEN
      RAISE EXCEPTION 'an attempt is no longer ours' USING ERRCODE = 'ZZ003'; END IF;
  END IF;
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
  -- Processes of the release before write the whole row of an authentication or a charge instead of {id, change}.
  FOR c IN SELECT x->>'id' AS id, coalesce(x->'change', x) AS change
             FROM jsonb_array_elements(d->'authentication_changes') x LOOP
    UPDATE authentication a SET (status, trans_status, eci, cavv, ds_transaction_id, finished_at) =
      (SELECT t.status, t.trans_status, t.eci, t.cavv, t.ds_transaction_id, t.finished_at
         FROM jsonb_populate_record(a, c.change) t)
     WHERE env = p_env AND id = c.id AND status = 'challenge';
    IF NOT FOUND THEN RAISE EXCEPTION 'authentication % is finished', c.id USING ERRCODE = 'ZZ003'; END IF;
  END LOOP;
  IF d ? 'charges' THEN
    INSERT INTO charge SELECT r.* FROM jsonb_populate_recordset(NULL::charge, d->'charges') r;
  END IF;
  FOR c IN SELECT x->>'id' AS id, coalesce(x->'change', x) AS change
             FROM jsonb_array_elements(d->'charge_changes') x LOOP
    UPDATE charge o SET (status, disputed, amount, captured, amount_captured, amount_refunded, refunded, failure_code,
        failure_message, outcome, payment_method_details, acquirer_ref, authorization_code, network_transaction_id,
        actor, request_id) =
      (SELECT g.status, g.disputed, g.amount, g.captured, g.amount_captured, g.amount_refunded, g.refunded,
          g.failure_code, g.failure_message, g.outcome, g.payment_method_details, g.acquirer_ref, g.authorization_code,
          g.network_transaction_id, g.actor, g.request_id
         FROM jsonb_populate_record(o, c.change) g)
     WHERE env = p_env AND id = c.id;
  END LOOP;
  IF d ?| ARRAY['disputes', 'warnings'] THEN PERFORM disputes_write(p_env, d); END IF;
  IF d ? 'events' THEN PERFORM events_write(p_env, d->'events'); END IF;
  -- Last, since every payment of a merchant locks the same accounts: held no longer than the commit takes.
  IF d ? 'entries' THEN PERFORM ledger_apply(p_env, d->'entries'); END IF;
  RETURN '{}'::jsonb; END $$;
REVOKE ALL ON FUNCTION pay.payment_write(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.payment_write(bigint,jsonb) TO farthing_app;
