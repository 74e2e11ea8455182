-- The first digits of a card, which say whose bank it is: what a bank's cards are counted by.
ALTER TABLE vault.card ADD COLUMN iin text;
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
CREATE OR REPLACE FUNCTION vault.card_describe(p_token text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT jsonb_build_object(
      'created', extract(epoch FROM c.created_at)::bigint, 'last4', c.last4, 'brand', c.brand,
      'exp_month', c.exp_month, 'exp_year', c.exp_year, 'country', c.country, 'funding', c.funding,
      'fingerprint', c.fingerprint, 'networks', c.networks, 'three_ds', c.three_ds,
      'allow_redisplay', c.allow_redisplay, 'billing_details', c.billing_details, 'metadata', c.metadata, 'iin', c.iin)
    FROM vault.card c WHERE c.env = current_setting('app.env')::bigint AND c.token = p_token); END $$;
