-- Which stripe of an account an entry means: only accounts without a floor are split (money rule 8). Names no table, and
-- without a setting of its own it becomes part of the statement that calls it.
CREATE OR REPLACE FUNCTION pay.ledger_stripe(p_kind text, e jsonb) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p_kind IN ('acquirer_clearing', 'fee_revenue') THEN coalesce((e->>'stripe')::int, 0) ELSE 0 END $$;
REVOKE ALL ON FUNCTION pay.ledger_stripe(text,jsonb) FROM PUBLIC;
