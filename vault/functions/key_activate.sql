-- A new key takes over: the active one becomes decrypt_only. When `p_unless` names the key that the caller saw as
-- active (NULL for none) and another has come meanwhile, that one stays. Answers the key that is active now.
CREATE OR REPLACE FUNCTION vault.key_activate(p_id text, p_month date, p_wrapped bytea, p_kek text, p_retire_by
    timestamp with time zone, p_unless text)
RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE v_env bigint := current_setting('app.env')::bigint; now_active text; BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('active', v_env));
  SELECT id INTO now_active FROM vault.key WHERE env = v_env AND state = 'active';
  IF now_active IS NOT DISTINCT FROM p_unless THEN
    INSERT INTO vault.key (env, id, month, state, wrapped, kek, retire_by)
    VALUES (v_env, p_id, p_month, 'pending', p_wrapped, p_kek, p_retire_by);
    UPDATE vault.key SET state = 'decrypt_only' WHERE env = v_env AND state = 'active';
    UPDATE vault.key SET state = 'active', active_at = now() WHERE env = v_env AND id = p_id;
  END IF;
  RETURN vault.key_active(); END $$;
REVOKE ALL ON FUNCTION vault.key_activate(text,date,bytea,text,timestamp with time zone,text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.key_activate(text,date,bytea,text,timestamp with time zone,text) TO farthing_vault;
