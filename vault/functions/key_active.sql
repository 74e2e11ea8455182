CREATE OR REPLACE FUNCTION vault.key_active() RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$ DECLARE k vault.key; BEGIN
  SELECT * INTO k FROM vault.key
   WHERE env = current_setting('app.env')::bigint AND state = 'active';
  RETURN CASE WHEN FOUND THEN vault.key_json(k) END; END $$;
REVOKE ALL ON FUNCTION vault.key_active() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.key_active() TO farthing_vault;
