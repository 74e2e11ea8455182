CREATE OR REPLACE FUNCTION vault.card_keep(p_token text, p_key text, p_sealed bytea, p jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE v_env bigint := current_setting('app.env')::bigint; BEGIN
  PERFORM vault.key_lock(p_key, true);
  IF NOT EXISTS (SELECT FROM vault.key WHERE env = v_env AND id = p_key AND state IN ('active', 'decrypt_only')) THEN
    RETURN false;
  END IF;
  INSERT INTO vault.card (env, token, account, created_at, key_id, sealed, last4, brand, exp_month, exp_year, country,
                          funding, fingerprint, networks, three_ds, allow_redisplay, billing_details, metadata, iin)
  VALUES (v_env, p_token, p->>'account', to_timestamp((p->>'created')::bigint), p_key, p_sealed, p->>'last4',
          p->>'brand', (p->>'exp_month')::smallint, (p->>'exp_year')::smallint, p->>'country', p->>'funding',
          p->>'fingerprint', p->'networks', p->>'three_ds', p->>'allow_redisplay', p->'billing_details',
          p->'metadata', p->>'iin');
  RETURN true; END $$;
REVOKE ALL ON FUNCTION vault.card_keep(text,text,bytea,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.card_keep(text,text,bytea,jsonb) TO farthing_vault;
