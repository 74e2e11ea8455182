-- The vault: a token buys one payment method. Its row stays, for the token can be looked at; what it bought has its own.
CREATE OR REPLACE FUNCTION vault.card_facts(p_token text) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT to_jsonb(c) - 'env' - 'sealed' - 'key_id' - 'token'
                 || jsonb_build_object('created', extract(epoch FROM c.created_at)::bigint)
    FROM vault.card c WHERE c.env = current_setting('app.env')::bigint AND c.token = p_token); END $$;
REVOKE ALL ON FUNCTION vault.card_facts(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.card_facts(text) TO farthing_vault;
