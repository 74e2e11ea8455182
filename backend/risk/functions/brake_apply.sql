-- Count a step: `entries` are {kind, key, seconds, underway (+1 begins, -1 ends), declined, approved}, and for a step that
-- begins what it is held against: `most` declines, `room` of declines and tries under way together, `secure` declines
-- from which on the cardholder must be authenticated. Five that were approved allow one decline more: many shoppers may
-- share an address. `alarm` is after how many declines the merchant's share of them is looked at. Nothing is written for
-- an entry that only asks.
-- Raises ZZ007 for a try that may not begin and ZZ008 for one that may when its cardholder is authenticated; the detail
-- names the kind and the seconds until its window ends. Rows are locked in one order.
CREATE OR REPLACE FUNCTION pay.brake_apply(p_env bigint, p_entries jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$
DECLARE e record; b brake; more int; wait int; BEGIN
  FOR e IN SELECT kind, key, max(seconds) AS seconds, sum(underway)::int AS underway, sum(declined)::int AS declined,
                  sum(approved)::int AS approved, min(most) AS most, min(room) AS room, min(secure) AS secure,
                  min(alarm) AS alarm
             FROM jsonb_to_recordset(p_entries) AS x(kind text, key text, seconds float, underway int, declined int,
                                                     approved int, most int, room int, secure int, alarm int)
            GROUP BY kind, key ORDER BY kind, key LOOP
    IF (e.underway, e.declined, e.approved) = (0, 0, 0) THEN
      SELECT * INTO b FROM brake WHERE env = p_env AND kind = e.kind AND key = e.key AND ends_at > now();
      CONTINUE WHEN NOT FOUND;
    ELSE
      INSERT INTO brake AS old (env, kind, key, declined, approved, underway, ends_at)
      VALUES (p_env, e.kind, e.key, e.declined, e.approved, greatest(e.underway, 0),
              now() + make_interval(secs => e.seconds))
      ON CONFLICT (env, kind, key) DO UPDATE SET
        declined = CASE WHEN old.ends_at > now() THEN old.declined ELSE 0 END + excluded.declined,
        approved = CASE WHEN old.ends_at > now() THEN old.approved ELSE 0 END + excluded.approved,
        underway = greatest(CASE WHEN old.ends_at > now() THEN old.underway ELSE 0 END + e.underway, 0),
        ends_at = CASE WHEN old.ends_at > now() THEN old.ends_at ELSE excluded.ends_at END
      RETURNING * INTO b;
    END IF;
    wait := greatest(ceil(extract(epoch FROM b.ends_at - now())), 1);
    more := b.approved / 5;
    IF b.declined >= e.most + more THEN
      RAISE EXCEPTION 'too many declines' USING ERRCODE = 'ZZ007', DETAIL = e.kind || ' ' || wait;
    ELSIF b.declined + b.underway > e.room + more THEN
      RAISE EXCEPTION 'too many tries at once' USING ERRCODE = 'ZZ007', DETAIL = 'busy 2';
    ELSIF b.declined >= e.secure OR (e.secure IS NOT NULL AND b.alarm_until > now()) THEN
      RAISE EXCEPTION 'authenticate first' USING ERRCODE = 'ZZ008', DETAIL = e.kind || ' ' || wait;
    ELSIF b.declined / e.alarm > (b.declined - e.declined) / e.alarm THEN
      PERFORM brake_alarm(p_env, b, e.seconds);
    END IF;
  END LOOP; END $$;
REVOKE ALL ON FUNCTION pay.brake_apply(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.brake_apply(bigint,jsonb) TO farthing_app;
