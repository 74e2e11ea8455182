-- Writes what became of an attempt; a failure says when the endpoint is asked next. Only who still holds the lease
-- moves the delivery; the attempt itself happened and is logged in any case. p: {delivery, lease, manual, status,
-- last_status, attempts, max_attempts, next_at, now, number, url, request_headers, body_sha256, outcome, error,
-- latency_ms, sent_at}.
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
REVOKE ALL ON FUNCTION pay.delivery_record(bigint,jsonb,bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.delivery_record(bigint,jsonb,bytea) TO farthing_app;
