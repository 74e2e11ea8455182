-- What a payment still has in an account: its own postings there, less what its refunds have taken or hold.
CREATE OR REPLACE FUNCTION pay.ledger_share(p_env bigint, p_payment text, p_account bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pay, pg_temp AS $$
  SELECT (SELECT coalesce(sum(CASE WHEN t.credit_id = p_account THEN t.amount ELSE -t.amount END), 0)
            FROM transfer t WHERE t.env = p_env AND t.code IN ('capture', 'fee', 'available')
             AND t.ref_id = p_payment AND p_account IN (t.debit_id, t.credit_id))::bigint
       - (SELECT coalesce(sum(h.amount), 0)
            FROM refund r JOIN hold h ON h.env = r.env AND h.code = 'refund' AND h.ref_id = r.id
           WHERE r.env = p_env AND r.payment_id = p_payment AND h.debit_id = p_account
             AND h.status IN ('pending', 'posted'))::bigint $$;
REVOKE ALL ON FUNCTION pay.ledger_share(bigint,text,bigint) FROM PUBLIC;
