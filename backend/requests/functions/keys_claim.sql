-- Claims several idempotency keys, all of them or none: ZZ004 when another request holds one.
CREATE OR REPLACE FUNCTION pay.keys_claim(p_env bigint, p_claims jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ DECLARE n int; BEGIN
  INSERT INTO idempotency (env, key, request_hash, locked_until, request_id)
  SELECT p_env, k.key, decode(k.hash, 'hex'), now() + make_interval(secs => k.lease), k.request_id
    FROM jsonb_to_recordset(p_claims) AS k(key text, hash text, lease float, request_id text)
   ORDER BY k.key ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n <> jsonb_array_length(p_claims) THEN RAISE EXCEPTION 'a key is held' USING ERRCODE = 'ZZ004'; END IF; END $$;
REVOKE ALL ON FUNCTION pay.keys_claim(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.keys_claim(bigint,jsonb) TO farthing_app;
