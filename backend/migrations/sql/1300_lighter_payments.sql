-- Reads that come at the same moment share one round trip, as writes do (docs/decisions/reads-share-a-round-trip.md).
-- `d` holds `questions`, each [number, …]; the answer is {number: what the single function says}.

CREATE FUNCTION pay.payments_read(p_env bigint, d jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pay, pg_temp AS $$ BEGIN
  RETURN (SELECT jsonb_object_agg(q->>0, payment_read(p_env, q->>1, q->>2, q->>3))
            FROM jsonb_array_elements(d->'questions') q); END $$;

-- The environment is the session's bound one, which row-level security compares as well.
CREATE FUNCTION vault.cards_open(p_env bigint, d jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = vault, pg_temp AS $$ BEGIN
  RETURN (SELECT jsonb_object_agg(q->>0, card_open(q->>1)) FROM jsonb_array_elements(d->'questions') q); END $$;

REVOKE ALL ON FUNCTION pay.payments_read(bigint, jsonb), vault.cards_open(bigint, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.payments_read(bigint, jsonb) TO farthing_app;
GRANT EXECUTE ON FUNCTION vault.cards_open(bigint, jsonb) TO farthing_vault;

-- A key is born small and finished with its whole answer, ten times the size: with this room left, the answer stays on
-- the key's own page and touches no index.
ALTER TABLE pay.idempotency SET (fillfactor = 10);
