-- Lets keys go whose requests did nothing, so that the same requests run afresh. Elements: texts.
CREATE OR REPLACE FUNCTION pay.keys_release(p_env bigint, p_keys jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ DECLARE name text; BEGIN
  FOR name IN SELECT jsonb_array_elements_text(p_keys) LOOP
    DELETE FROM idempotency WHERE env = p_env AND key = name AND recovery_point = 'started';
  END LOOP; END $$;
REVOKE ALL ON FUNCTION pay.keys_release(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.keys_release(bigint,jsonb) TO farthing_app;
