-- Re-encryption in small steps that need no resume marker: the cards that still lie under an old key are the rest.
CREATE OR REPLACE FUNCTION vault.cards_under(p_key text, p_limit integer) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT coalesce(jsonb_agg(jsonb_build_array(c.token, encode(c.sealed, 'base64'))), '[]'::jsonb) FROM (
    SELECT token, sealed FROM vault.card WHERE env = current_setting('app.env')::bigint AND key_id = p_key
    UNION ALL
    SELECT token, sealed FROM vault.bank_account WHERE env = current_setting('app.env')::bigint AND key_id = p_key
    LIMIT p_limit) c); END $$;
REVOKE ALL ON FUNCTION vault.cards_under(text,integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.cards_under(text,integer) TO farthing_vault;
