-- One of `pay.ledger_closes`. It stays for a release: what is under way while an upgrade runs may still call it.
CREATE OR REPLACE FUNCTION pay.ledger_close(p_env bigint, e jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
  SELECT ledger_closes(p_env, jsonb_build_array(e || '{"op": "close"}')) $$;
REVOKE ALL ON FUNCTION pay.ledger_close(bigint,jsonb) FROM PUBLIC;
