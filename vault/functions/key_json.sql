CREATE OR REPLACE FUNCTION vault.key_json(k vault.key) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('id', k.id, 'month', to_char(k.month, 'YYYY-MM-DD'), 'state', k.state, 'kek', k.kek,
                            'wrapped', encode(k.wrapped, 'base64')) $$;
REVOKE ALL ON FUNCTION vault.key_json(vault.key) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.key_json(vault.key) TO farthing_vault;
