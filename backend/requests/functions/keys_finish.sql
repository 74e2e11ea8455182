-- Stores answers on their keys (recovery point `finished`). Elements: {key, code, body, resource}.
CREATE OR REPLACE FUNCTION pay.keys_finish(p_env bigint, p_answers jsonb) RETURNS void
LANGUAGE sql SET search_path = pay, pg_temp
SET enable_seqscan TO off SET enable_hashjoin TO off SET enable_mergejoin TO off AS $$
  -- Without these settings a plan that was made while the table was young reads all of it.
  UPDATE idempotency i SET recovery_point = 'finished', response_code = a.code, locked_until = NULL,
         response_body = convert_to(a.body, 'UTF8'), resource_id = a.resource
    FROM (SELECT * FROM jsonb_to_recordset(p_answers) AS x(key text, code int, body text, resource text)
           ORDER BY x.key) a
   WHERE i.env = p_env AND i.key = a.key AND i.recovery_point = 'started' $$;
REVOKE ALL ON FUNCTION pay.keys_finish(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.keys_finish(bigint,jsonb) TO farthing_app;
