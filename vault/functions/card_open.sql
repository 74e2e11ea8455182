-- What an authorisation needs, as one text so that it costs one round trip:
-- key id, sealed number (base64), expiry month and year, postal code, address line 1.
CREATE OR REPLACE FUNCTION vault.card_open(p_token text) RETURNS text[]
LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT ARRAY[c.key_id, encode(c.sealed, 'base64'), c.exp_month::text, c.exp_year::text,
                       c.billing_details->'address'->>'postal_code', c.billing_details->'address'->>'line1']
    FROM vault.card c WHERE c.env = current_setting('app.env')::bigint AND c.token = p_token); END $$;
REVOKE ALL ON FUNCTION vault.card_open(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.card_open(text) TO farthing_vault;
