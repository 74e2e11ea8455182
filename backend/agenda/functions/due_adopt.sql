-- Gives every object that waits for a timer one, and says how many had none. A timer at the moment of now is one that
-- makes its handler look. It reads across environments and writes in each by the tenant's own rule.
CREATE OR REPLACE FUNCTION pay.due_adopt() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE w record; n int := 0; BEGIN
  PERFORM set_config('app.sweep', 'on', true);
  FOR w IN SELECT s.env, 'session' AS kind, s.object_id, s.at FROM sessions_waiting() s
            UNION ALL SELECT h.env, 'capture_window', h.object_id, now() FROM holds_waiting() h
            UNION ALL SELECT u.env, 'undoing', u.object_id, now() FROM undoings_waiting() u
            UNION ALL SELECT l.env, 'payment_link', l.object_id, l.at FROM links_waiting() l
            UNION ALL SELECT f, 'funds', '', now() FROM funds_environments() f LOOP
    PERFORM set_config('app.env', w.env::text, true);
    IF due_need(w.env, w.kind, w.object_id, w.at) THEN n := n + 1; END IF;
  END LOOP;
  PERFORM set_config('app.sweep', '', true), set_config('app.env', '0', true);
  RETURN n; END $$;
REVOKE ALL ON FUNCTION pay.due_adopt() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.due_adopt() TO farthing_app;
