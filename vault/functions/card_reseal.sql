CREATE OR REPLACE FUNCTION vault.card_reseal(p_token text, p_from text, p_key text, p_sealed bytea) RETURNS boolean
LANGUAGE plpgsql AS $$ DECLARE v_env bigint := current_setting('app.env')::bigint; BEGIN
  PERFORM vault.key_lock(p_key, true);
  IF NOT EXISTS (SELECT FROM vault.key WHERE env = v_env AND id = p_key AND state = 'active') THEN
    RETURN false; END IF;
  UPDATE vault.card SET key_id = p_key, sealed = p_sealed
   WHERE env = v_env AND token = p_token AND key_id = p_from;
  IF FOUND THEN RETURN true; END IF;
  UPDATE vault.bank_account SET key_id = p_key, sealed = p_sealed
   WHERE env = v_env AND token = p_token AND key_id = p_from;
  RETURN FOUND; END $$;
REVOKE ALL ON FUNCTION vault.card_reseal(text,text,text,bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.card_reseal(text,text,text,bytea) TO farthing_vault;
