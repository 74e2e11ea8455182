-- outbox_relay for processes of the release before, which name the types that may be awaited.
CREATE OR REPLACE FUNCTION pay.outbox_dispatch(p_env bigint, p_limit integer, p_now timestamp with time zone,
    p_livemode boolean, p_awaited text[], p_heard text[])
RETURNS jsonb
LANGUAGE sql SET search_path = pay, pg_temp AS $$
  SELECT outbox_relay(p_env, p_limit, p_now, p_livemode, p_heard) $$;
REVOKE ALL ON FUNCTION pay.outbox_dispatch(bigint,integer,timestamp with time zone,boolean,text[],text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.outbox_dispatch(bigint,integer,timestamp with time zone,boolean,text[],text[]) TO farthing_app;
