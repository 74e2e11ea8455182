-- The environments in which the acquirer is to be asked, about an attempt or a refund: from one environment with open
-- attempts to the next, and the refunds by their time, for many are watched for weeks. Called by functions that may see
-- them.
CREATE OR REPLACE FUNCTION pay.questions_due() RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  WITH RECURSIVE next AS (
    (SELECT a.env FROM attempt a WHERE a.status IN ('sent', 'unknown') ORDER BY a.env LIMIT 1)
    UNION ALL
    SELECT (SELECT a.env FROM attempt a WHERE a.status IN ('sent', 'unknown') AND a.env > n.env ORDER BY a.env LIMIT 1)
      FROM next n WHERE n.env IS NOT NULL)
  SELECT n.env FROM next n
   WHERE EXISTS (SELECT 1 FROM attempt a WHERE a.env = n.env AND a.status IN ('sent', 'unknown')
                    AND a.next_check_at <= now() AND (a.leased_until IS NULL OR a.leased_until < now()))
   UNION
  SELECT r.env FROM refund r
   WHERE r.next_check_at <= now() AND (r.leased_until IS NULL OR r.leased_until < now()) $$;
REVOKE ALL ON FUNCTION pay.questions_due() FROM PUBLIC;
