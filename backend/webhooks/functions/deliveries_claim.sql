-- Leases due deliveries: at most p_total, per endpoint at most what p_free says (p_each where it says nothing), so
-- one slow receiver takes no more than its share; an endpoint that keeps failing gets one at a time, and none unless
-- p_failing; one that is left alone gets nothing but what somebody asked to be sent again. With p_only that one
-- delivery.
CREATE OR REPLACE FUNCTION pay.deliveries_claim(p_env bigint, p_now timestamp with time zone, p_total integer, p_each
    integer, p_free jsonb, p_failing boolean, p_only uuid, p_lease interval)
RETURNS TABLE(id uuid, lease integer, endpoint_id text, event_id text, object_seq integer, url text, body bytea, secrets jsonb, profile text, standard_headers boolean, attempts integer, max_attempts integer, next_at timestamp with time zone, manual boolean, created_at timestamp with time zone, livemode boolean, failing boolean)
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ #variable_conflict use_column
BEGIN
  PERFORM env_guard(p_env);
  RETURN QUERY
  WITH ready AS MATERIALIZED (
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
       SELECT d.endpoint_id FROM delivery d JOIN ready ON d.env = p_env AND d.id = ready.id))
  UPDATE delivery d SET leased_until = clock_timestamp() + p_lease, lease = d.lease + 1
    FROM ready, endpoint n, event e, core.environment v
   WHERE d.env = p_env AND d.id = ready.id AND n.env = p_env AND n.id = d.endpoint_id
     AND e.env = p_env AND e.id = d.event_id AND v.id = p_env
  RETURNING d.id, d.lease, d.endpoint_id, d.event_id, e.object_seq, n.url, d.body, n.secrets, n.profile,
    n.standard_headers, d.attempts, d.max_attempts, d.next_at,
    coalesce(d.resend_at <= p_now AND NOT (d.status = 'pending' AND d.next_at <= p_now), false), d.created_at,
    v.mode = 'live', n.failures >= 3; END $$;
REVOKE ALL ON FUNCTION pay.deliveries_claim(bigint,timestamp with time zone,integer,integer,jsonb,boolean,uuid,interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.deliveries_claim(bigint,timestamp with time zone,integer,integer,jsonb,boolean,uuid,interval) TO farthing_app;
