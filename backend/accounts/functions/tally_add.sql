-- A window that ends later than a new one would was begun before the clock was set back: it begins anew.
CREATE OR REPLACE FUNCTION core.tally_add(p_name bytea, p_seconds integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = core, pg_temp AS $$
DECLARE n int; last timestamptz := now() + make_interval(secs => p_seconds + 60); BEGIN
  DELETE FROM tally WHERE name IN (
    SELECT name FROM tally WHERE until < now() AND name <> p_name ORDER BY until LIMIT 2 FOR UPDATE SKIP LOCKED);
  INSERT INTO tally AS t (name, count, until) VALUES (p_name, 1, now() + make_interval(secs => p_seconds))
  ON CONFLICT (name) DO UPDATE SET
    count = CASE WHEN t.until BETWEEN now() AND last THEN least(t.count, 1000000000) + 1 ELSE 1 END,
    until = CASE WHEN t.until BETWEEN now() AND last THEN t.until ELSE EXCLUDED.until END
  RETURNING count INTO n;
  RETURN n; END $$;
REVOKE ALL ON FUNCTION core.tally_add(bytea,integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.tally_add(bytea,integer) TO farthing_app;
