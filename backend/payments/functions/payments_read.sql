CREATE OR REPLACE FUNCTION pay.payments_read(p_env bigint, d jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pay, pg_temp AS $$ BEGIN
  RETURN (SELECT jsonb_object_agg(q->>0, payment_read(p_env, q->>1, q->>2, q->>3))
            FROM jsonb_array_elements(d->'questions') q); END $$;
REVOKE ALL ON FUNCTION pay.payments_read(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.payments_read(bigint,jsonb) TO farthing_app;
