-- For the sweeper: the environments in which something is due, and what. The only reader across environments; it returns
-- their numbers and nothing of their rows. Each part walks an index of what waits, so that an environment in which
-- nothing waits costs nothing. An environment whose clock was set is asked beside, by its own time.
CREATE OR REPLACE FUNCTION pay.work_due(p_now timestamp with time zone) RETURNS TABLE(env bigint, kind text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM set_config('app.sweep', 'on', true);
  RETURN QUERY
    SELECT o, 'outbox' FROM outbox_environments() o
     UNION ALL SELECT d, 'webhooks' FROM deliveries_due(p_now) d
     UNION ALL SELECT q, 'reconcile' FROM questions_due() q
     UNION ALL SELECT m, 'mail' FROM mails_due(p_now) m
     UNION ALL SELECT t.env, t.kind FROM timers_due(p_now) t
     UNION SELECT c.env, t FROM core.clocks_ahead() c, timers_due_in(c.env, p_now + c.ahead) t;
  PERFORM set_config('app.sweep', '', true); END $$;
REVOKE ALL ON FUNCTION pay.work_due(timestamp with time zone) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.work_due(timestamp with time zone) TO farthing_app;
