-- The environments in which a mail is due: from one with waiting mails to the next in the index of those that wait. Called
-- by functions that may see them.
CREATE OR REPLACE FUNCTION pay.mails_due(p_now timestamp with time zone) RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  WITH RECURSIVE next AS (
    (SELECT m.env FROM mail m WHERE m.next_at IS NOT NULL ORDER BY m.env LIMIT 1)
    UNION ALL
    SELECT (SELECT m.env FROM mail m WHERE m.next_at IS NOT NULL AND m.env > n.env ORDER BY m.env LIMIT 1)
      FROM next n WHERE n.env IS NOT NULL)
  SELECT n.env FROM next n WHERE n.env IS NOT NULL AND EXISTS (
    SELECT FROM mail m WHERE m.env = n.env AND m.next_at <= p_now
       AND (m.leased_until IS NULL OR m.leased_until < now())) $$;
REVOKE ALL ON FUNCTION pay.mails_due(timestamp with time zone) FROM PUBLIC;
