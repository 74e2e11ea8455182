-- Destroys a decrypt_only key that seals no card and no bank account any more; false when it still does.
CREATE OR REPLACE FUNCTION vault.key_destroy(p_id text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE v_env bigint := current_setting('app.env')::bigint; BEGIN
  PERFORM vault.key_lock(p_id, false);
  UPDATE vault.key SET state = 'destroyed', wrapped = NULL, destroyed_at = now()
   WHERE env = v_env AND id = p_id AND state = 'decrypt_only'
     AND NOT EXISTS (SELECT FROM vault.card c WHERE c.env = v_env AND c.key_id = p_id)
     AND NOT EXISTS (SELECT FROM vault.bank_account b WHERE b.env = v_env AND b.key_id = p_id);
  RETURN FOUND; END $$;
REVOKE ALL ON FUNCTION vault.key_destroy(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.key_destroy(text) TO farthing_vault;
