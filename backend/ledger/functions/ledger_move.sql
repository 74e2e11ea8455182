-- Moves one amount; both accounts are locked already.
CREATE OR REPLACE FUNCTION pay.ledger_move(p_env bigint, p_group uuid, p_debit bigint, p_credit bigint, p_currency
    text, p_amount bigint, p_code text, p_ref text, p_leg integer, p_reverses uuid)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE d record; c record; BEGIN
  UPDATE account SET debits  = debits  + p_amount, version = version + 1
   WHERE env = p_env AND id = p_debit  RETURNING version, credits - debits AS balance INTO d;
  UPDATE account SET credits = credits + p_amount, version = version + 1
   WHERE env = p_env AND id = p_credit RETURNING version, credits - debits AS balance INTO c;
  INSERT INTO transfer (env, group_id, debit_id, credit_id, currency, amount, code, ref_id, leg, reverses,
                        debit_version, debit_after, credit_version, credit_after, created_at)
  VALUES (p_env, p_group, p_debit, p_credit, p_currency, p_amount, p_code, p_ref, p_leg, p_reverses,
          d.version, d.balance, c.version, c.balance, core.business_now(p_env)); END $$;
REVOKE ALL ON FUNCTION pay.ledger_move(bigint,uuid,bigint,bigint,text,bigint,text,text,integer,uuid) FROM PUBLIC;
