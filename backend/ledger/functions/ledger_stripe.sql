-- Which stripe of an account an entry means: only accounts without a floor are split (money rule 8).
CREATE OR REPLACE FUNCTION pay.ledger_stripe(p_kind text, e jsonb) RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = pay, pg_temp AS $$
  SELECT CASE WHEN p_kind IN ('acquirer_clearing', 'fee_revenue') THEN coalesce((e->>'stripe')::int, 0) ELSE 0 END $$;
REVOKE ALL ON FUNCTION pay.ledger_stripe(text,jsonb) FROM PUBLIC;
