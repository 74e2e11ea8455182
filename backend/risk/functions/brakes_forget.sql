-- Removes the counters whose windows are over, and says how many: from one environment that has some to the next, in each
-- by the tenant's own rule.
CREATE OR REPLACE FUNCTION pay.brakes_forget() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE v bigint; gone int := 0; n int; BEGIN
  PERFORM set_config('app.sweep', 'on', true);
  LOOP
    SELECT b.env INTO v FROM brake b WHERE b.env > coalesce(v, -1) ORDER BY b.env LIMIT 1;
    EXIT WHEN NOT FOUND;
    PERFORM set_config('app.env', v::text, true);
    DELETE FROM brake WHERE env = v AND ends_at < now() AND (alarm_until IS NULL OR alarm_until < now());
    GET DIAGNOSTICS n = ROW_COUNT; gone := gone + n;
  END LOOP;
  PERFORM set_config('app.sweep', '', true), set_config('app.env', '0', true);
  RETURN gone; END $$;
REVOKE ALL ON FUNCTION pay.brakes_forget() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.brakes_forget() TO farthing_app;
