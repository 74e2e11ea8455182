-- Claims one idempotency key, or tells who holds it.
CREATE OR REPLACE FUNCTION pay.key_claim(p_env bigint, k jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ DECLARE r record; BEGIN
  LOOP
    INSERT INTO idempotency (env, key, request_hash, locked_until, request_id)
    VALUES (p_env, k->>'key', decode(k->>'hash', 'hex'), now() + make_interval(secs => (k->>'lease')::float),
            k->>'request_id')
    ON CONFLICT DO NOTHING;
    IF FOUND THEN RETURN NULL; END IF;
    SELECT * INTO r FROM idempotency WHERE env = p_env AND key = k->>'key';
    EXIT WHEN FOUND;  -- not found: released between the two statements
  END LOOP;
  RETURN jsonb_build_object('same', r.request_hash = decode(k->>'hash', 'hex'), 'code', r.response_code,
    'body', convert_from(r.response_body, 'UTF8'), 'request_id', r.request_id, 'resource_id', r.resource_id); END $$;
REVOKE ALL ON FUNCTION pay.key_claim(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.key_claim(bigint,jsonb) TO farthing_app;
