-- How much a refund may still take on credit: the fee that its payment has truly paid us (from the merchant's balance,
-- not lent as debt), less what earlier refunds of it took.
CREATE OR REPLACE FUNCTION pay.ledger_fee_credit(p_env bigint, p_payment text, p_debt bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pay, pg_temp AS $$
  SELECT (SELECT coalesce(sum(t.amount), 0) FROM transfer t
           WHERE t.env = p_env AND t.code = 'fee' AND t.ref_id = p_payment AND t.debit_id <> p_debt)::bigint
       - (SELECT coalesce(sum(h.amount), 0)
            FROM refund r JOIN hold h ON h.env = r.env AND h.code = 'refund' AND h.ref_id = r.id
           WHERE r.env = p_env AND r.payment_id = p_payment AND h.debit_id = p_debt
             AND h.status IN ('pending', 'posted'))::bigint $$;
REVOKE ALL ON FUNCTION pay.ledger_fee_credit(bigint,text,bigint) FROM PUBLIC;
