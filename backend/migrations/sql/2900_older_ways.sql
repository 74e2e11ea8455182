-- The older ways to keep cards: a card's expiry can be renewed, and a customer has a card that pays when none is named.

-- How often the expiry was set: of two answers about a card, the one that counts further is the later.
ALTER TABLE vault.card ADD COLUMN renewals int NOT NULL DEFAULT 0;
CREATE OR REPLACE FUNCTION vault.card_describe(p_token text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT jsonb_build_object(
      'created', extract(epoch FROM c.created_at)::bigint, 'last4', c.last4, 'brand', c.brand,
      'exp_month', c.exp_month, 'exp_year', c.exp_year, 'country', c.country, 'funding', c.funding,
      'fingerprint', c.fingerprint, 'networks', c.networks, 'three_ds', c.three_ds, 'renewals', c.renewals,
      'allow_redisplay', c.allow_redisplay, 'billing_details', c.billing_details, 'metadata', c.metadata, 'iin', c.iin)
    FROM vault.card c WHERE c.env = current_setting('app.env')::bigint AND c.token = p_token); END $$;
CREATE FUNCTION vault.card_renew(p_token text, p_month int, p_year int) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN
  UPDATE vault.card SET exp_month = p_month, exp_year = p_year, renewals = renewals + 1
   WHERE env = current_setting('app.env')::bigint AND token = p_token;
  RETURN vault.card_describe(p_token); END $$;
REVOKE ALL ON FUNCTION vault.card_renew(text, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.card_renew(text, int, int) TO farthing_vault;
GRANT UPDATE (exp_month, exp_year, renewals) ON vault.card TO farthing_vault;

SELECT set_config('app.env', '0', true);  -- a new foreign key looks at the rows that are there, through the policy
ALTER TABLE pay.customer ADD COLUMN default_source text COLLATE "C",
  ADD FOREIGN KEY (env, default_source) REFERENCES pay.payment_method (env, id);
