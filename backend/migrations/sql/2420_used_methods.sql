-- A method that paid without a customer to keep it is spent: when that was. It can neither pay again nor be kept.
ALTER TABLE pay.payment_method ADD COLUMN used_at timestamptz;

-- Written by the very commit that makes the payment succeed; after `saves` (by name), which may have kept the method.
CREATE FUNCTION pay.t_payment_uses() RETURNS trigger LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  UPDATE payment_method SET used_at = now()
   WHERE env = NEW.env AND id = NEW.payment_method_id AND customer_id IS NULL AND used_at IS NULL;
  RETURN NULL; END $$;
REVOKE ALL ON FUNCTION pay.t_payment_uses() FROM PUBLIC;
CREATE TRIGGER uses AFTER UPDATE ON pay.payment FOR EACH ROW
  WHEN (OLD.status = 'processing' AND NEW.status IN ('succeeded', 'requires_capture')
        AND NEW.payment_method_id IS NOT NULL)
  EXECUTE FUNCTION pay.t_payment_uses();
