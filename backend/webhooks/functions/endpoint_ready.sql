-- May something be sent to it now? A time further ahead than any pause tells of a clock that was set back.
CREATE OR REPLACE FUNCTION pay.endpoint_ready(n pay.endpoint, p_now timestamp with time zone) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pay, pg_temp AS $$
  SELECT n.failures < 3 OR n.probe_at IS NULL OR n.probe_at <= p_now OR n.probe_at > p_now + interval '2 minutes' $$;
REVOKE ALL ON FUNCTION pay.endpoint_ready(pay.endpoint,timestamp with time zone) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.endpoint_ready(pay.endpoint,timestamp with time zone) TO farthing_app;
