-- Leases up to p_limit mails that are due, the oldest first: at most p_hourly leave an environment in an hour, and
-- p_daily to one address in a day. What is above that waits a quarter of an hour and holds up no other.
CREATE OR REPLACE FUNCTION pay.mails_claim(p_env bigint, p_now timestamp with time zone, p_limit integer, p_hourly
    integer, p_daily integer, p_lease interval)
RETURNS TABLE(id text, kind text, object_id text, reason text, address text, lease integer, attempts integer, created_at timestamp with time zone)
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ #variable_conflict use_column
DECLARE room int; BEGIN
  PERFORM env_guard(p_env);
  SELECT p_hourly - count(*) INTO room FROM (
    SELECT FROM mail m WHERE m.env = p_env AND m.sent_at > p_now - interval '1 hour' LIMIT p_hourly) gone;
  RETURN QUERY
  WITH ready AS MATERIALIZED (
    SELECT m.id, m.address, m.next_at FROM mail m
     WHERE m.env = p_env AND m.next_at <= p_now AND (m.leased_until IS NULL OR m.leased_until < clock_timestamp())
     ORDER BY m.next_at, m.id LIMIT p_limit FOR UPDATE SKIP LOCKED),
  counted AS (
    SELECT r.id, r.next_at, p_daily >= row_number() OVER (PARTITION BY lower(r.address) ORDER BY r.next_at, r.id)
             + (SELECT count(*) FROM mail s WHERE s.env = p_env AND lower(s.address) = lower(r.address)
                   AND s.sent_at > p_now - interval '1 day') AS fits
      FROM ready r),
  placed AS (
    SELECT c.id, c.fits AND room >= count(*) FILTER (WHERE c.fits) OVER (ORDER BY c.next_at, c.id) AS goes
      FROM counted c),
  held AS (
    UPDATE mail m SET next_at = p_now + interval '15 minutes' FROM placed p
     WHERE m.env = p_env AND m.id = p.id AND NOT p.goes)
  UPDATE mail m SET leased_until = clock_timestamp() + p_lease, lease = m.lease + 1 FROM placed p
   WHERE m.env = p_env AND m.id = p.id AND p.goes
  RETURNING m.id, m.kind, m.object_id, m.reason, m.address, m.lease, m.attempts, m.created_at; END $$;
REVOKE ALL ON FUNCTION pay.mails_claim(bigint,timestamp with time zone,integer,integer,integer,interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.mails_claim(bigint,timestamp with time zone,integer,integer,integer,interval) TO farthing_app;
