-- The kinds of timers that are due in one environment; called by functions that may see them.
CREATE OR REPLACE FUNCTION pay.timers_due_in(p_env bigint, p_now timestamp with time zone) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  SELECT DISTINCT d.kind FROM due d
   WHERE d.env = p_env AND d.at <= p_now AND (d.leased_until IS NULL OR d.leased_until < now()) $$;
REVOKE ALL ON FUNCTION pay.timers_due_in(bigint,timestamp with time zone) FROM PUBLIC;
