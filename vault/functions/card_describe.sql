-- What may be shown of a card: everything but its number.
CREATE OR REPLACE FUNCTION vault.card_describe(p_token text) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT jsonb_build_object(
      'created', extract(epoch FROM c.created_at)::bigint, 'last4', c.last4, 'brand', c.brand,
      'exp_month', c.exp_month, 'exp_year', c.exp_year, 'country', c.country, 'funding', c.funding,
      'fingerprint', c.fingerprint, 'networks', c.networks, 'three_ds', c.three_ds, 'renewals', c.renewals,
      'allow_redisplay', c.allow_redisplay, 'billing_details', c.billing_details, 'metadata', c.metadata, 'iin', c.iin)
    FROM vault.card c WHERE c.env = current_setting('app.env')::bigint AND c.token = p_token); END $$;
REVOKE ALL ON FUNCTION vault.card_describe(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.card_describe(text) TO farthing_vault;
