-- The environment is the session's bound one, which row-level security compares as well.
CREATE OR REPLACE FUNCTION vault.cards_open(p_env bigint, d jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = vault, pg_temp AS $$ BEGIN
  RETURN (SELECT jsonb_object_agg(q->>0, card_open(q->>1)) FROM jsonb_array_elements(d->'questions') q); END $$;
REVOKE ALL ON FUNCTION vault.cards_open(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.cards_open(bigint,jsonb) TO farthing_vault;
