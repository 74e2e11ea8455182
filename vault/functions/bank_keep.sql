CREATE OR REPLACE FUNCTION vault.bank_keep(p_token text, p_key text, p_account text, p_sealed bytea, p_facts jsonb)
RETURNS boolean
LANGUAGE plpgsql AS $$ DECLARE v_env bigint := current_setting('app.env')::bigint; BEGIN
  PERFORM vault.key_lock(p_key, true);
  IF NOT EXISTS (SELECT FROM vault.key WHERE env = v_env AND id = p_key AND state IN ('active', 'decrypt_only')) THEN
    RETURN false;
  END IF;
  INSERT INTO vault.bank_account (env, token, account, key_id, sealed, facts)
  VALUES (v_env, p_token, p_account, p_key, p_sealed, p_facts);
  RETURN true; END $$;
REVOKE ALL ON FUNCTION vault.bank_keep(text,text,text,bytea,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.bank_keep(text,text,text,bytea,jsonb) TO farthing_vault;
