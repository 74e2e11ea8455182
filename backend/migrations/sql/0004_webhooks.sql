-- Webhooks: endpoints, deliveries with their attempts, and the relay from the outbox (money rules 9, 10; security 17).

CREATE TABLE pay.endpoint (
  env bigint NOT NULL, id text NOT NULL COLLATE "C",
  url text NOT NULL CHECK (length(url) <= 2048),
  description text, metadata jsonb NOT NULL DEFAULT '{}',
  api_version text, connect boolean,
  enabled boolean NOT NULL DEFAULT true, enabled_since timestamptz NOT NULL,
  enabled_events text[] NOT NULL CHECK (cardinality(enabled_events) > 0),
  -- what it was subscribed to until enabled_since: events on their way while the list is changed are not lost
  previous_events text[] NOT NULL DEFAULT '{}', previous_since timestamptz,
  profile text NOT NULL DEFAULT 'stripe' CHECK (profile IN ('stripe', 'stripe_sandbox', 'd0', 'd1')),
  attempts_max int NOT NULL CHECK (attempts_max > 0),
  standard_headers boolean NOT NULL DEFAULT true,
  secrets jsonb NOT NULL,                          -- [{sealed, expires_at}], newest first; see webhooks/keys.py
  failures int NOT NULL DEFAULT 0, failing_since timestamptz, disabled_reason text,
  created_at timestamptz NOT NULL, deleted_at timestamptz,
  PRIMARY KEY (env, id),
  CHECK (deleted_at IS NULL OR NOT enabled)
);

CREATE TABLE pay.delivery (
  env bigint NOT NULL, id uuid NOT NULL DEFAULT uuidv7(),
  event_id text NOT NULL COLLATE "C", endpoint_id text NOT NULL COLLATE "C",
  status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'succeeded', 'failed', 'blocked', 'canceled')),
  body bytea NOT NULL,                             -- rendered once; every attempt sends these bytes
  attempts int NOT NULL DEFAULT 0, max_attempts int NOT NULL,
  next_at timestamptz, resend_at timestamptz, last_status int,
  due_at timestamptz GENERATED ALWAYS AS
    (CASE WHEN status = 'pending' THEN least(next_at, resend_at) ELSE resend_at END) STORED,
  leased_until timestamptz, lease int NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (env, id), UNIQUE (env, event_id, endpoint_id),
  FOREIGN KEY (env, event_id) REFERENCES pay.event (env, id),
  FOREIGN KEY (env, endpoint_id) REFERENCES pay.endpoint (env, id),
  CHECK ((status = 'pending') = (next_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX delivery_due ON pay.delivery (env, endpoint_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_newest ON pay.delivery (env, endpoint_id, created_at DESC, id DESC);

CREATE TABLE pay.delivery_attempt (
  env bigint NOT NULL, id uuid NOT NULL DEFAULT uuidv7(), delivery_id uuid NOT NULL,
  number int NOT NULL, manual boolean NOT NULL DEFAULT false,
  url text NOT NULL, request_headers jsonb NOT NULL, body_sha256 bytea NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('succeeded', 'failed', 'blocked')),
  status_code int, error text, response_body bytea CHECK (length(response_body) <= 65536),
  latency_ms int NOT NULL, sent_at timestamptz NOT NULL,
  PRIMARY KEY (env, id),
  FOREIGN KEY (env, delivery_id) REFERENCES pay.delivery (env, id)
);
CREATE INDEX delivery_attempt_of ON pay.delivery_attempt (env, delivery_id, id);

SELECT core.protect(t::regclass) FROM unnest(ARRAY['pay.endpoint', 'pay.delivery', 'pay.delivery_attempt']) t;
GRANT INSERT ON pay.endpoint, pay.delivery, pay.delivery_attempt TO farthing_app;
GRANT UPDATE ON pay.endpoint, pay.delivery TO farthing_app;

-- Rows of these tables live for seconds in their partial index, so vacuum goes by number and not by share.
ALTER TABLE pay.outbox   SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE pay.delivery SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Who changes endpoints takes this lock alone, who dispatches shares it: an endpoint is then either seen by a
-- dispatch or younger than all its events (invariant W3).
CREATE FUNCTION pay.endpoints_lock(p_env bigint, p_alone boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF p_alone THEN PERFORM pg_advisory_xact_lock(hashtextextended('pay.endpoint', p_env));
  ELSE PERFORM pg_advisory_xact_lock_shared(hashtextextended('pay.endpoint', p_env)); END IF; END $$;

-- True when one of our own verbs must hear of the event before merchants do: payments made in a checkout session.
CREATE FUNCTION pay.event_awaited(e pay.event, p_types text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pay, pg_temp AS $$ BEGIN
  RETURN e.type = ANY (p_types) AND EXISTS (
    SELECT 1 FROM payment p WHERE p.env = e.env AND p.id = e.object_id AND p.checkout_session_id IS NOT NULL);
END $$;

-- The Event object as JSON text: the same as backend/events/shapes.py (a test compares the two).
CREATE FUNCTION pay.event_json(e pay.event, p_livemode boolean, p_pending bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  SELECT '{"id":' || to_json(e.id) || ',"object":"event","api_version":' || to_json(e.api_version)
    || ',"created":' || floor(extract(epoch FROM e.created_at))::bigint
    || ',"data":{"object":' || e.data || coalesce(',"previous_attributes":' || e.previous_attributes, '')
    || '},"livemode":' || p_livemode || ',"pending_webhooks":' || p_pending
    || ',"request":{"id":' || coalesce(to_json(e.request_id)::text, 'null')
    || ',"idempotency_key":' || coalesce(to_json(e.idempotency_key)::text, 'null')
    || '},"type":' || to_json(e.type) || '}' $$;

-- Takes up to p_limit events from the outbox and makes their deliveries: one statement, one commit. Events whose
-- type is in p_awaited wait until their id is in p_heard, without holding up those behind them; `awaited` says
-- whether there are such.
CREATE FUNCTION pay.outbox_dispatch(p_env bigint, p_limit int, p_now timestamptz, p_livemode boolean,
  p_awaited text[], p_heard text[]) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ DECLARE taken text[]; made int := 0; BEGIN
  PERFORM env_guard(p_env);
  PERFORM endpoints_lock(p_env, false);
  WITH due AS MATERIALIZED (
    SELECT o.id FROM outbox o JOIN event e ON e.env = o.env AND e.id = o.event_id
     WHERE o.env = p_env AND o.dispatched_at IS NULL
       AND (e.id = ANY (p_heard) OR NOT (e.type = ANY (p_awaited) AND event_awaited(e, p_awaited)))
     ORDER BY o.id LIMIT p_limit FOR UPDATE OF o SKIP LOCKED),
  marked AS (
    UPDATE outbox o SET dispatched_at = clock_timestamp() FROM due WHERE o.env = p_env AND o.id = due.id
    RETURNING o.event_id)
  SELECT array_agg(event_id) INTO taken FROM marked;
  IF taken IS NOT NULL AND EXISTS (SELECT 1 FROM endpoint n WHERE n.env = p_env AND n.enabled) THEN
    INSERT INTO delivery (env, event_id, endpoint_id, body, max_attempts, next_at, created_at)
    SELECT p_env, e.id, n.id, convert_to(event_json(e, p_livemode, count(*) OVER (PARTITION BY e.id)), 'UTF8'),
           n.attempts_max, p_now, p_now
      FROM event e JOIN endpoint n ON n.env = p_env AND n.enabled
       AND ((n.enabled_since < e.created_at AND ('*' = ANY (n.enabled_events) OR e.type = ANY (n.enabled_events)))
         OR (n.previous_since < e.created_at AND e.created_at <= n.enabled_since
             AND ('*' = ANY (n.previous_events) OR e.type = ANY (n.previous_events))))
     WHERE e.env = p_env AND e.id = ANY (taken)
     ORDER BY e.created_at, e.id
    ON CONFLICT (env, event_id, endpoint_id) DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;
  END IF;
  RETURN jsonb_build_object('events', coalesce(cardinality(taken), 0), 'deliveries', made, 'awaited', EXISTS (
    SELECT 1 FROM (SELECT o.event_id FROM outbox o WHERE o.env = p_env AND o.dispatched_at IS NULL
                    ORDER BY o.id LIMIT p_limit) rest JOIN event e ON e.env = p_env AND e.id = rest.event_id
     WHERE e.type = ANY (p_awaited) AND NOT e.id = ANY (p_heard) AND event_awaited(e, p_awaited))); END $$;

-- Leases due deliveries: at most p_total, per endpoint at most what p_free says (p_each where it says nothing), so
-- one slow receiver takes no more than its share; an endpoint that keeps failing gets one at a time, and none unless
-- p_failing. With p_only that one delivery.
CREATE FUNCTION pay.deliveries_claim(p_env bigint, p_now timestamptz, p_total int, p_each int, p_free jsonb,
  p_failing boolean, p_only uuid, p_lease interval) RETURNS TABLE (
    id uuid, lease int, endpoint_id text, event_id text, object_seq int, url text, body bytea, secrets jsonb,
    profile text, standard_headers boolean, attempts int, max_attempts int, next_at timestamptz,
    manual boolean, created_at timestamptz, livemode boolean, failing boolean)
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ #variable_conflict use_column
BEGIN
  PERFORM env_guard(p_env);
  RETURN QUERY
  WITH due AS MATERIALIZED (
    SELECT x.id FROM endpoint n CROSS JOIN LATERAL (
      SELECT d.id FROM delivery d
       WHERE d.env = p_env AND d.endpoint_id = n.id AND d.due_at <= p_now AND (p_only IS NULL OR d.id = p_only)
         AND (d.leased_until IS NULL OR d.leased_until < clock_timestamp())
       ORDER BY d.due_at FOR UPDATE SKIP LOCKED
       LIMIT CASE WHEN n.failures < 3 THEN greatest(coalesce((p_free->>n.id)::int, p_each), 0)
                  WHEN p_failing AND p_free->>n.id IS NULL THEN 1 ELSE 0 END) x
     WHERE n.env = p_env AND n.enabled LIMIT p_total)
  UPDATE delivery d SET leased_until = clock_timestamp() + p_lease, lease = d.lease + 1
    FROM due, endpoint n, event e, core.environment v
   WHERE d.env = p_env AND d.id = due.id AND n.env = p_env AND n.id = d.endpoint_id
     AND e.env = p_env AND e.id = d.event_id AND v.id = p_env
  RETURNING d.id, d.lease, d.endpoint_id, d.event_id, e.object_seq, n.url, d.body, n.secrets, n.profile,
    n.standard_headers, d.attempts, d.max_attempts, d.next_at,
    coalesce(d.resend_at <= p_now AND NOT (d.status = 'pending' AND d.next_at <= p_now), false), d.created_at,
    v.mode = 'live', n.failures >= 3; END $$;

-- Writes what became of an attempt. Only who still holds the lease moves the delivery; the attempt itself happened
-- and is logged in any case. p: {delivery, lease, manual, status, last_status, attempts, max_attempts, next_at, now,
-- number, url, request_headers, body_sha256, outcome, error, latency_ms, sent_at}.
CREATE FUNCTION pay.delivery_record(p_env bigint, p jsonb, p_response bytea) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$
DECLARE d delivery; n endpoint; fine boolean := p->>'outcome' = 'succeeded'; BEGIN
  PERFORM env_guard(p_env);
  UPDATE delivery SET leased_until = NULL,
      last_status = CASE WHEN status = 'pending' OR fine THEN (p->>'last_status')::int ELSE last_status END,
      attempts = (p->>'attempts')::int, max_attempts = (p->>'max_attempts')::int,
      resend_at = CASE WHEN (p->>'manual')::boolean THEN NULL ELSE resend_at END,
      next_at = CASE WHEN status = 'pending' THEN (p->>'next_at')::timestamptz END,
      status = CASE WHEN status = 'pending' OR fine THEN p->>'status' ELSE status END
   WHERE env = p_env AND id = (p->>'delivery')::uuid AND lease = (p->>'lease')::int RETURNING * INTO d;
  INSERT INTO delivery_attempt (env, delivery_id, number, manual, url, request_headers, body_sha256, outcome,
                                status_code, error, response_body, latency_ms, sent_at)
  VALUES (p_env, (p->>'delivery')::uuid, (p->>'number')::int, (p->>'manual')::boolean, p->>'url',
          p->'request_headers', decode(p->>'body_sha256', 'hex'), p->>'outcome', (p->>'last_status')::int,
          p->>'error', p_response, (p->>'latency_ms')::int, (p->>'sent_at')::timestamptz);
  IF d.id IS NULL THEN RETURN jsonb_build_object('written', false); END IF;
  IF fine THEN
    UPDATE endpoint SET failures = 0, failing_since = NULL
     WHERE env = p_env AND id = d.endpoint_id AND failures > 0;
    RETURN jsonb_build_object('written', true, 'failures', 0);
  END IF;
  UPDATE endpoint SET failures = failures + 1, failing_since = coalesce(failing_since, (p->>'now')::timestamptz)
   WHERE env = p_env AND id = d.endpoint_id RETURNING * INTO n;
  RETURN jsonb_build_object('written', true, 'failures', n.failures, 'failing_since', n.failing_since); END $$;

-- Stops all sending to an endpoint: it is disabled and what is pending for it will not be tried again.
CREATE FUNCTION pay.endpoint_disable(p_env bigint, p_id text, p_reason text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  PERFORM env_guard(p_env);
  PERFORM endpoints_lock(p_env, true);
  UPDATE endpoint SET enabled = false, disabled_reason = p_reason WHERE env = p_env AND id = p_id AND enabled;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE delivery SET status = CASE status WHEN 'pending' THEN 'canceled' ELSE status END, next_at = NULL,
      resend_at = NULL
   WHERE env = p_env AND endpoint_id = p_id AND due_at IS NOT NULL;
  RETURN true; END $$;

-- For the sweeper: the environments in which something waits or is due. The only reader across environments; it
-- returns their numbers and nothing of their rows.
CREATE FUNCTION pay.environments_with_work(p_now timestamptz DEFAULT now())
RETURNS TABLE (env bigint, livemode boolean, outbox boolean, deliveries boolean, attempts boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
#variable_conflict use_column
DECLARE v record; before text := current_setting('app.env', true); a boolean; b boolean; c boolean; BEGIN
  FOR v IN SELECT e.id, e.mode FROM core.environment e ORDER BY e.id LOOP
    PERFORM set_config('app.env', v.id::text, true);
    a := EXISTS (SELECT 1 FROM outbox o WHERE o.env = v.id AND o.dispatched_at IS NULL);
    b := EXISTS (SELECT 1 FROM delivery d WHERE d.env = v.id AND d.due_at <= p_now
                    AND (d.leased_until IS NULL OR d.leased_until < now()));
    c := EXISTS (SELECT 1 FROM attempt t WHERE t.env = v.id AND t.status IN ('sent', 'unknown')
                    AND t.next_check_at <= now() AND (t.leased_until IS NULL OR t.leased_until < now()))
      OR EXISTS (SELECT 1 FROM refund r WHERE r.env = v.id AND r.next_check_at <= now()
                    AND (r.leased_until IS NULL OR r.leased_until < now()));
    IF a OR b OR c THEN
      env := v.id; livemode := v.mode = 'live'; outbox := a; deliveries := b; attempts := c;
      RETURN NEXT;
    END IF;
  END LOOP;
  PERFORM set_config('app.env', coalesce(before, ''), true); END $$;

REVOKE ALL ON FUNCTION pay.endpoints_lock(bigint, boolean), pay.event_awaited(pay.event, text[]),
  pay.event_json(pay.event, boolean, bigint),
  pay.outbox_dispatch(bigint, int, timestamptz, boolean, text[], text[]),
  pay.deliveries_claim(bigint, timestamptz, int, int, jsonb, boolean, uuid, interval),
  pay.delivery_record(bigint, jsonb, bytea), pay.endpoint_disable(bigint, text, text),
  pay.environments_with_work(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.endpoints_lock(bigint, boolean), pay.event_awaited(pay.event, text[]),
  pay.event_json(pay.event, boolean, bigint),
  pay.outbox_dispatch(bigint, int, timestamptz, boolean, text[], text[]),
  pay.deliveries_claim(bigint, timestamptz, int, int, jsonb, boolean, uuid, interval),
  pay.delivery_record(bigint, jsonb, bytea), pay.endpoint_disable(bigint, text, text),
  pay.environments_with_work(timestamptz) TO farthing_app;
