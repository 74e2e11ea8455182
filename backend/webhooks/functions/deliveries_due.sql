-- The environments in which a delivery is due: from one endpoint with undelivered messages to the next, and what somebody
-- asked to be sent again. What waits for an endpoint that is left alone is no work. Called by functions that may see them.
CREATE OR REPLACE FUNCTION pay.deliveries_due(p_now timestamp with time zone) RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  WITH RECURSIVE next AS (
    (SELECT d.env, d.endpoint_id FROM delivery d WHERE d.due_at IS NOT NULL ORDER BY d.env, d.endpoint_id LIMIT 1)
    UNION ALL
    SELECT d.env, d.endpoint_id FROM next n CROSS JOIN LATERAL (
      SELECT d.env, d.endpoint_id FROM delivery d
       WHERE d.due_at IS NOT NULL AND (d.env, d.endpoint_id) > (n.env, n.endpoint_id)
       ORDER BY d.env, d.endpoint_id LIMIT 1) d)
  SELECT x.env FROM next x JOIN endpoint n ON n.env = x.env AND n.id = x.endpoint_id
    JOIN core.environment v ON v.id = x.env CROSS JOIN LATERAL (SELECT p_now + coalesce(v.clock_ahead, '0') AS then) b
   WHERE endpoint_ready(n, b.then)
     AND EXISTS (SELECT 1 FROM delivery d WHERE d.env = x.env AND d.endpoint_id = x.endpoint_id AND d.due_at <= b.then
                    AND (d.leased_until IS NULL OR d.leased_until < now()))
   UNION
  SELECT d.env FROM delivery d JOIN core.environment v ON v.id = d.env
   WHERE d.resend_at <= p_now + coalesce(v.clock_ahead, '0') AND (d.leased_until IS NULL OR d.leased_until < now()) $$;
REVOKE ALL ON FUNCTION pay.deliveries_due(timestamp with time zone) FROM PUBLIC;
