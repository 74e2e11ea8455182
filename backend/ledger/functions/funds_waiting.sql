-- Whether the money of a payment must wait though its first capture is old enough: for a refund under way that holds
-- some of it, for captures that may still follow, for the age of the last one.
CREATE OR REPLACE FUNCTION pay.funds_waiting(p_env bigint, p_payment text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pay, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM refund r JOIN hold h ON h.env = r.env AND h.code = 'refund' AND h.ref_id = r.id
                  WHERE r.env = p_env AND r.payment_id = p_payment AND h.status = 'pending') $$;
REVOKE ALL ON FUNCTION pay.funds_waiting(bigint,text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION pay.funds_waiting(p_env bigint, p_payment text, p_before timestamp with time zone)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pay, pg_temp AS $$
  SELECT funds_waiting(p_env, p_payment)
      OR EXISTS (SELECT 1 FROM transfer WHERE env = p_env AND code = 'capture' AND ref_id = p_payment
                    AND created_at > p_before)
      OR EXISTS (SELECT 1 FROM payment WHERE env = p_env AND id = p_payment AND amount_capturable > 0) $$;
REVOKE ALL ON FUNCTION pay.funds_waiting(bigint,text,timestamp with time zone) FROM PUBLIC;
