CREATE OR REPLACE FUNCTION vault.keys() RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT coalesce(jsonb_agg(vault.key_json(k) ORDER BY k.created_at, k.id), '[]'::jsonb)
    FROM vault.key k WHERE k.env = current_setting('app.env')::bigint); END $$;
REVOKE ALL ON FUNCTION vault.keys() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.keys() TO farthing_vault;
