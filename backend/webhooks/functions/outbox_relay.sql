-- Takes up to p_limit events from the outbox and makes their deliveries: one statement, one commit. Events that somebody
-- of ours must hear of first wait until their id is in p_heard, without holding up those behind them; `awaited` says
-- whether there are such.
CREATE OR REPLACE FUNCTION pay.outbox_relay(p_env bigint, p_limit integer, p_now timestamp with time zone,
    p_livemode boolean, p_heard text[])
RETURNS jsonb
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ DECLARE taken text[]; made int := 0; BEGIN
  PERFORM env_guard(p_env);
  PERFORM endpoints_lock(p_env, false);
  WITH ready AS MATERIALIZED (
    SELECT o.event_id FROM outbox o
     WHERE o.env = p_env AND o.dispatched_at IS NULL
       AND (o.event_id = ANY (p_heard) OR coalesce(o.awaits, outbox_unmarked(o)) = '{}')
     ORDER BY o.id LIMIT p_limit FOR UPDATE SKIP LOCKED),
  marked AS (
    UPDATE outbox o SET dispatched_at = clock_timestamp() FROM ready WHERE o.env = p_env AND o.event_id = ready.event_id
    RETURNING o.event_id)
  SELECT array_agg(event_id) INTO taken FROM marked;
  IF taken IS NOT NULL AND EXISTS (SELECT 1 FROM endpoint n WHERE n.env = p_env AND n.enabled) THEN
    INSERT INTO delivery (env, event_id, endpoint_id, body, max_attempts, next_at, created_at)
    SELECT p_env, e.id, n.id, convert_to(event_json(e, p_livemode, count(*) OVER (PARTITION BY e.id)), 'UTF8'),
           n.attempts_max, p_now, p_now
      FROM event e JOIN endpoint n ON n.env = p_env AND n.enabled
       AND ((n.enabled_since < e.created_at AND ('*' = ANY (n.enabled_events) OR e.type = ANY (n.enabled_events)))
         OR (n.previous_since < e.created_at AND e.created_at <= n.enabled_since
             AND ('*' = ANY (n.previous_events) OR e.type = ANY (n.previous_events))))
     WHERE e.env = p_env AND e.id = ANY (taken)
     ORDER BY e.created_at, e.id
    ON CONFLICT (env, event_id, endpoint_id) DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;
  END IF;
  RETURN jsonb_build_object('events', coalesce(cardinality(taken), 0), 'deliveries', made, 'awaited', EXISTS (
    SELECT 1 FROM (SELECT o FROM outbox o WHERE o.env = p_env AND o.dispatched_at IS NULL ORDER BY o.id LIMIT p_limit) r
     WHERE coalesce((r.o).awaits, outbox_unmarked(r.o)) <> '{}' AND NOT (r.o).event_id = ANY (p_heard))); END $$;
REVOKE ALL ON FUNCTION pay.outbox_relay(bigint,integer,timestamp with time zone,boolean,text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.outbox_relay(bigint,integer,timestamp with time zone,boolean,text[]) TO farthing_app;
