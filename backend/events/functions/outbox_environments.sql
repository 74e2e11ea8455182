-- The environments with events in the outbox: from one to the next in the index of those that wait; called by functions
-- that may see them.
CREATE OR REPLACE FUNCTION pay.outbox_environments() RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  WITH RECURSIVE next AS (
    (SELECT o.env FROM outbox o WHERE o.dispatched_at IS NULL ORDER BY o.env LIMIT 1)
    UNION ALL
    SELECT (SELECT o.env FROM outbox o WHERE o.dispatched_at IS NULL AND o.env > n.env ORDER BY o.env LIMIT 1)
      FROM next n WHERE n.env IS NOT NULL)
  SELECT env FROM next WHERE env IS NOT NULL $$;
REVOKE ALL ON FUNCTION pay.outbox_environments() FROM PUBLIC;
