-- The alarm of a merchant: its share of declines in this window is compared with that of the two thousand charges before.
-- Rung at 30 % and twice what is usual, for the length of a window.
CREATE OR REPLACE FUNCTION pay.brake_alarm(p_env bigint, b pay.brake, p_seconds double precision) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$
DECLARE began timestamptz := b.ends_at - make_interval(secs => p_seconds); good bigint; usual float; BEGIN
  IF b.alarm_until > now() THEN RETURN; END IF;
  SELECT count(*) INTO good FROM charge WHERE env = p_env AND created_at >= began AND status = 'succeeded';
  SELECT coalesce(avg((status = 'failed')::int), 0) INTO usual FROM (
    SELECT status FROM charge WHERE env = p_env AND created_at < began ORDER BY created_at DESC LIMIT 2000) before;
  IF b.declined >= greatest(0.3, 2 * usual) * (b.declined + good) THEN
    UPDATE brake SET alarm_until = now() + make_interval(secs => p_seconds)
     WHERE env = p_env AND kind = b.kind AND key = b.key;
  END IF; END $$;
REVOKE ALL ON FUNCTION pay.brake_alarm(bigint,pay.brake,double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.brake_alarm(bigint,pay.brake,double precision) TO farthing_app;
