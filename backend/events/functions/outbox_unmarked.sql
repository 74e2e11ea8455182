-- What an event awaits whose writer did not say: a process of the release before. Goes with the next release, and
-- event_awaited with it.
CREATE OR REPLACE FUNCTION pay.outbox_unmarked(o pay.outbox) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  SELECT CASE WHEN event_awaited(e, ARRAY['payment_intent.succeeded', 'payment_intent.amount_capturable_updated',
                                          'payment_intent.payment_failed', 'setup_intent.succeeded'])
              THEN ARRAY['settle_session'] ELSE '{}' END
    FROM event e WHERE e.env = o.env AND e.id = o.event_id $$;
REVOKE ALL ON FUNCTION pay.outbox_unmarked(pay.outbox) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.outbox_unmarked(pay.outbox) TO farthing_app;
