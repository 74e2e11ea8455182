-- Stores answers on their keys (recovery point `finished`). Elements: {key, code, body, resource}.
CREATE OR REPLACE FUNCTION pay.keys_finish(p_env bigint, p_answers jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ DECLARE a record; BEGIN
  -- Row by row: a join with a list is planned badly while a table is young; each of these is one index look-up.
  FOR a IN SELECT * FROM jsonb_to_recordset(p_answers) AS x(key text, code int, body text, resource text)
            ORDER BY x.key LOOP
    UPDATE idempotency SET recovery_point = 'finished', response_code = a.code, locked_until = NULL,
           response_body = convert_to(a.body, 'UTF8'), resource_id = a.resource
     WHERE env = p_env AND key = a.key AND recovery_point = 'started';
  END LOOP; END $$;
REVOKE ALL ON FUNCTION pay.keys_finish(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.keys_finish(bigint,jsonb) TO farthing_app;
