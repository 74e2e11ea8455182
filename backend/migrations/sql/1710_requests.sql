-- The log of API requests: one row each, in one table a day, so that forgetting a day is one DROP. It is advice for
-- people and never read by a decision.

CREATE TABLE pay.request (
  env bigint NOT NULL, at timestamptz NOT NULL, id text NOT NULL COLLATE "C",
  method text NOT NULL, path text NOT NULL, status smallint NOT NULL, ms real NOT NULL,
  code text,                           -- of an error
  key_id text NOT NULL COLLATE "C", version text NOT NULL, idempotency_key text, ip text NOT NULL,
  user_agent text NOT NULL,
  params text NOT NULL, answer text NOT NULL,   -- cleaned, and cut at 64 KB
  objects text[] NOT NULL,             -- ids of what it was about
  PRIMARY KEY (env, at, id)
) PARTITION BY RANGE (at);
CREATE INDEX request_id ON pay.request (env, id);

-- Which requests were about an object: an index by hand. An inverted index on `objects` would stay unused, because its
-- operators may not run before the tenant's policy.
CREATE TABLE pay.request_object (
  env bigint NOT NULL, object_id text NOT NULL COLLATE "C", at timestamptz NOT NULL, id text NOT NULL COLLATE "C",
  PRIMARY KEY (env, object_id, at, id)
) PARTITION BY RANGE (at);

SELECT core.protect('pay.request'), core.protect('pay.request_object');
GRANT INSERT ON pay.request, pay.request_object TO farthing_app;

-- Makes the tables of the days from yesterday to the day after tomorrow, and drops those older than `p_kept` days;
-- answers how many it dropped. A table is made beside its parent and then attached, which holds up no reader.
CREATE FUNCTION pay.request_days(p_kept int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp SET lock_timeout = '2s' AS $$
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
REVOKE ALL ON FUNCTION pay.request_days(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.request_days(int) TO farthing_app;
SELECT pay.request_days(30);
