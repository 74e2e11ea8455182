-- The id of an account, which is opened when first named.
CREATE OR REPLACE FUNCTION pay.ledger_account(p_env bigint, p_kind text, p_currency text, p_stripe integer)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE found_id bigint; BEGIN
  SELECT id INTO found_id FROM account
   WHERE env = p_env AND kind = p_kind AND currency = p_currency AND stripe = p_stripe;
  IF found_id IS NULL THEN
    PERFORM env_guard(p_env);
    INSERT INTO account (env, kind, currency, stripe, floor_zero)
    VALUES (p_env, p_kind, p_currency, p_stripe, p_kind IN ('merchant_pending', 'merchant_available', 'reserve'))
    ON CONFLICT DO NOTHING;
    SELECT id INTO found_id FROM account
     WHERE env = p_env AND kind = p_kind AND currency = p_currency AND stripe = p_stripe;
  END IF;
  RETURN found_id; END $$;
REVOKE ALL ON FUNCTION pay.ledger_account(bigint,text,text,integer) FROM PUBLIC;
