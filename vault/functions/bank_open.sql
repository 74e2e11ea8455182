-- What a debit needs: key id, sealed number (base64), facts.
CREATE OR REPLACE FUNCTION vault.bank_open(p_token text) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT jsonb_build_object('key_id', b.key_id, 'sealed', encode(b.sealed, 'base64'), 'facts', b.facts)
    FROM vault.bank_account b WHERE b.env = current_setting('app.env')::bigint AND b.token = p_token); END $$;
REVOKE ALL ON FUNCTION vault.bank_open(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.bank_open(text) TO farthing_vault;
