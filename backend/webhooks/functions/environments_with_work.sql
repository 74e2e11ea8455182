-- For the sweeper: the environments in which something waits or is due; what waits for an endpoint that is left alone
-- is no work. The only reader across environments; it returns their numbers and nothing of their rows.
CREATE OR REPLACE FUNCTION pay.environments_with_work(p_now timestamp with time zone DEFAULT now())
RETURNS TABLE(env bigint, livemode boolean, outbox boolean, deliveries boolean, attempts boolean)
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
REVOKE ALL ON FUNCTION pay.environments_with_work(timestamp with time zone) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.environments_with_work(timestamp with time zone) TO farthing_app;
