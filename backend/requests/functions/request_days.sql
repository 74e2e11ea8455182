-- Makes the tables of the days from yesterday to the day after tomorrow, and drops those older than `p_kept` days;
-- answers how many it dropped. A table is made beside its parent and then attached, which holds up no reader.
CREATE OR REPLACE FUNCTION pay.request_days(p_kept integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp SET lock_timeout TO '2s' AS $$
DECLARE today date := (now() AT TIME ZONE 'UTC')::date; base text; part text; d date; gone int := 0; BEGIN
  IF p_kept < 7 THEN RAISE EXCEPTION 'requests are kept for at least a week' USING ERRCODE = '22023'; END IF;
  IF NOT pg_try_advisory_xact_lock(hashtextextended('pay.request', 0)) THEN RETURN 0; END IF;
  FOREACH base IN ARRAY ARRAY['request', 'request_object'] LOOP
    FOR n IN -1..2 LOOP
      d := today + n;
      part := base || to_char(d, '_YYYYMMDD');
      CONTINUE WHEN to_regclass('pay.' || part) IS NOT NULL;
      EXECUTE format('CREATE TABLE pay.%I (LIKE pay.%I INCLUDING ALL)', part, base);
      -- without a policy of its own it opens only through its parent
      EXECUTE format('ALTER TABLE pay.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
      EXECUTE format('ALTER TABLE pay.%I ATTACH PARTITION pay.%I FOR VALUES FROM (%L) TO (%L)', base, part,
                     d::timestamp AT TIME ZONE 'UTC', (d + 1)::timestamp AT TIME ZONE 'UTC');
    END LOOP;
    FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                 WHERE i.inhparent = to_regclass('pay.' || base)
                   AND right(c.relname, 8) < to_char(today - p_kept, 'YYYYMMDD') LOOP
      EXECUTE format('DROP TABLE pay.%I', part);
      gone := gone + 1;
    END LOOP;
  END LOOP;
  RETURN gone; END $$;
REVOKE ALL ON FUNCTION pay.request_days(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.request_days(integer) TO farthing_app;
