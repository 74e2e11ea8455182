CREATE OR REPLACE FUNCTION vault.card_renew(p_token text, p_month integer, p_year integer) RETURNS jsonb
LANGUAGE plpgsql AS $$ BEGIN
  UPDATE vault.card SET exp_month = p_month, exp_year = p_year, renewals = renewals + 1
   WHERE env = current_setting('app.env')::bigint AND token = p_token;
  RETURN vault.card_describe(p_token); END $$;
REVOKE ALL ON FUNCTION vault.card_renew(text,integer,integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.card_renew(text,integer,integer) TO farthing_vault;
