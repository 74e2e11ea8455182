-- Written by the very commit that makes the payment succeed; after `saves` (by name), which may have kept the method.
CREATE OR REPLACE FUNCTION pay.t_payment_uses() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  UPDATE payment_method SET used_at = now()
   WHERE env = NEW.env AND id = NEW.payment_method_id AND customer_id IS NULL AND used_at IS NULL;
  RETURN NULL; END $$;
REVOKE ALL ON FUNCTION pay.t_payment_uses() FROM PUBLIC;
