-- Forgets the finished keys that were claimed before a moment: from one environment that has keys to the next, in each by
-- the tenant's own rule.
CREATE OR REPLACE FUNCTION pay.keys_forget(p_before timestamp with time zone) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE v bigint; BEGIN
  PERFORM set_config('app.sweep', 'on', true);
  LOOP
    SELECT i.env INTO v FROM idempotency i WHERE i.env > coalesce(v, -1) ORDER BY i.env LIMIT 1;
    EXIT WHEN NOT FOUND;
    PERFORM set_config('app.env', v::text, true);
    DELETE FROM idempotency WHERE env = v AND created_at < p_before AND recovery_point = 'finished';
  END LOOP;
  PERFORM set_config('app.sweep', '', true), set_config('app.env', '0', true); END $$;
REVOKE ALL ON FUNCTION pay.keys_forget(timestamp with time zone) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.keys_forget(timestamp with time zone) TO farthing_app;
