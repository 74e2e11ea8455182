-- The environments with timers that are due, and their kinds; called by functions that may see them. A crowd of them is
-- looked at in parts: who is rung for the first of them works them off.
CREATE OR REPLACE FUNCTION pay.timers_due(p_now timestamp with time zone) RETURNS TABLE(env bigint, kind text)
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  SELECT DISTINCT t.env, t.kind FROM (
    SELECT d.env, d.kind FROM due d
     WHERE d.at <= p_now AND (d.leased_until IS NULL OR d.leased_until < now()) ORDER BY d.at LIMIT 10000) t $$;
REVOKE ALL ON FUNCTION pay.timers_due(timestamp with time zone) FROM PUBLIC;
