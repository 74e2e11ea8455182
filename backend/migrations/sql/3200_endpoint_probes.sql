-- An endpoint that failed three times in a row is asked by one delivery at a time, with growing pauses: what else is due
-- for it waits for the outcome, which is the same for all. The first success lets all of them go.

ALTER TABLE pay.endpoint ADD COLUMN probe_at timestamptz;  -- not before this, while it fails
CREATE INDEX delivery_resend ON pay.delivery (env, resend_at) WHERE resend_at IS NOT NULL;

-- How long an endpoint is left alone after so many failures in a row: 5 s, doubled up to a minute.
CREATE FUNCTION pay.endpoint_pause(p_failures int) RETURNS interval LANGUAGE sql IMMUTABLE
SET search_path = pay, pg_temp AS $$
  SELECT CASE WHEN p_failures >= 3 THEN make_interval(secs => least(5 * 2 ^ least(p_failures - 3, 9), 60)) END $$;

-- May something be sent to it now? A time further ahead than any pause tells of a clock that was set back.
CREATE FUNCTION pay.endpoint_ready(n pay.endpoint, p_now timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE
SET search_path = pay, pg_temp AS $$
  SELECT n.failures < 3 OR n.probe_at IS NULL OR n.probe_at <= p_now OR n.probe_at > p_now + interval '2 minutes' $$;
REVOKE ALL ON FUNCTION pay.endpoint_pause(int), pay.endpoint_ready(pay.endpoint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.endpoint_pause(int), pay.endpoint_ready(pay.endpoint, timestamptz) TO farthing_app;

-- As before; an endpoint that is left alone gets nothing but what somebody asked to be sent again.
CREATE OR REPLACE FUNCTION pay.deliveries_claim(p_env bigint, p_now timestamptz, p_total int, p_each int, p_free jsonb,
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
         AND (endpoint_ready(n, p_now) OR d.resend_at <= p_now)
         AND (d.leased_until IS NULL OR d.leased_until < clock_timestamp())
       ORDER BY d.due_at FOR UPDATE SKIP LOCKED
       LIMIT CASE WHEN n.failures < 3 THEN greatest(coalesce((p_free->>n.id)::int, p_each), 0)
                  WHEN p_failing AND p_free->>n.id IS NULL THEN 1 ELSE 0 END) x
     WHERE n.env = p_env AND n.enabled LIMIT p_total),
  probed AS (
    UPDATE endpoint n SET probe_at = p_now + endpoint_pause(n.failures)
     WHERE n.env = p_env AND n.failures >= 3 AND n.id IN (
       SELECT d.endpoint_id FROM delivery d JOIN due ON d.env = p_env AND d.id = due.id))
  UPDATE delivery d SET leased_until = clock_timestamp() + p_lease, lease = d.lease + 1
    FROM due, endpoint n, event e, core.environment v
   WHERE d.env = p_env AND d.id = due.id AND n.env = p_env AND n.id = d.endpoint_id
     AND e.env = p_env AND e.id = d.event_id AND v.id = p_env
  RETURNING d.id, d.lease, d.endpoint_id, d.event_id, e.object_seq, n.url, d.body, n.secrets, n.profile,
    n.standard_headers, d.attempts, d.max_attempts, d.next_at,
    coalesce(d.resend_at <= p_now AND NOT (d.status = 'pending' AND d.next_at <= p_now), false), d.created_at,
    v.mode = 'live', n.failures >= 3; END $$;

-- As before; a failure says when the endpoint is asked next.
CREATE OR REPLACE FUNCTION pay.delivery_record(p_env bigint, p jsonb, p_response bytea) RETURNS jsonb
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
    UPDATE endpoint SET failures = 0, failing_since = NULL, probe_at = NULL
     WHERE env = p_env AND id = d.endpoint_id AND failures > 0;
    RETURN jsonb_build_object('written', true, 'failures', 0);
  END IF;
  UPDATE endpoint SET failures = failures + 1, failing_since = coalesce(failing_since, (p->>'now')::timestamptz),
      probe_at = (p->>'now')::timestamptz + endpoint_pause(failures + 1)
   WHERE env = p_env AND id = d.endpoint_id RETURNING * INTO n;
  RETURN jsonb_build_object('written', true, 'failures', n.failures, 'failing_since', n.failing_since); END $$;

-- As before; what waits for an endpoint that is left alone is no work.
CREATE OR REPLACE FUNCTION pay.environments_with_work(p_now timestamptz DEFAULT now())
RETURNS TABLE (env bigint, livemode boolean, outbox boolean, deliveries boolean, attempts boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
#variable_conflict use_column
DECLARE v record; before text := current_setting('app.env', true); a boolean; b boolean; c boolean; BEGIN
  FOR v IN SELECT e.id, e.mode FROM core.environment e ORDER BY e.id LOOP
    PERFORM set_config('app.env', v.id::text, true);
    a := EXISTS (SELECT 1 FROM outbox o WHERE o.env = v.id AND o.dispatched_at IS NULL);
    b := EXISTS (SELECT 1 FROM endpoint n CROSS JOIN LATERAL (
                   SELECT 1 FROM delivery d WHERE d.env = v.id AND d.endpoint_id = n.id AND d.due_at <= p_now
                      AND (d.leased_until IS NULL OR d.leased_until < now()) LIMIT 1) due
                  WHERE n.env = v.id AND endpoint_ready(n, p_now))
      OR EXISTS (SELECT 1 FROM delivery d WHERE d.env = v.id AND d.resend_at <= p_now
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
