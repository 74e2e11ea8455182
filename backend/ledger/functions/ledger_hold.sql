-- One of `pay.ledger_holds`. It stays for a release: what is under way while an upgrade runs may still call it.
CREATE OR REPLACE FUNCTION pay.ledger_hold(p_env bigint, e jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
  SELECT ledger_holds(p_env, jsonb_build_array(e || '{"op": "hold"}')) $$;
REVOKE ALL ON FUNCTION pay.ledger_hold(bigint,jsonb) FROM PUBLIC;
