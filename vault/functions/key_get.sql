CREATE OR REPLACE FUNCTION vault.key_get(p_id text) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$ DECLARE k vault.key; BEGIN
  SELECT * INTO k FROM vault.key WHERE env = current_setting('app.env')::bigint AND id = p_id;
  RETURN CASE WHEN FOUND THEN vault.key_json(k) END; END $$;
REVOKE ALL ON FUNCTION vault.key_get(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.key_get(text) TO farthing_vault;
