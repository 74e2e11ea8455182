-- What a verb must know before it acts on a payment: the intent, its current charge, the payment method and whether
-- the customer exists, in one round trip.
CREATE OR REPLACE FUNCTION pay.payment_read(p_env bigint, p_payment text, p_method text, p_customer text)
RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pay, pg_temp AS $$
DECLARE p payment; m payment_method; c charge; n int := 0; d jsonb := '{}'; BEGIN
  IF p_payment IS NOT NULL THEN
    SELECT * INTO p FROM payment WHERE env = p_env AND id = p_payment;
    IF FOUND THEN
      -- the highest number, not the count: after a restore some may be missing
      SELECT coalesce(max(number), 0) INTO n FROM attempt WHERE env = p_env AND payment_id = p_payment;
      d := jsonb_build_object('payment', to_jsonb(p), 'attempts', n);
      IF p.latest_charge_id IS NOT NULL THEN
        SELECT * INTO c FROM charge WHERE env = p_env AND id = p.latest_charge_id;
        d := d || jsonb_build_object('charge', to_jsonb(c));
      END IF;
    END IF;
  END IF;
  IF coalesce(p_method, p.payment_method_id) IS NOT NULL THEN
    SELECT * INTO m FROM payment_method WHERE env = p_env AND id = coalesce(p_method, p.payment_method_id);
    IF FOUND THEN d := d || jsonb_build_object('method', to_jsonb(m)); END IF;
  END IF;
  IF p_customer IS NOT NULL THEN
    PERFORM 1 FROM customer WHERE env = p_env AND id = p_customer AND deleted_at IS NULL;
    d := d || jsonb_build_object('customer', FOUND);
  END IF;
  RETURN d; END $$;
REVOKE ALL ON FUNCTION pay.payment_read(bigint,text,text,text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.payment_read(bigint,text,text,text) TO farthing_app;
