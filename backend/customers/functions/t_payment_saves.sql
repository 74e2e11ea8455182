-- A payment that shall be used again keeps its method with the customer, in the very commit that makes it succeed.
CREATE OR REPLACE FUNCTION pay.t_payment_saves() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  UPDATE payment_method SET customer_id = NEW.customer_id,
         set_up = CASE WHEN set_up = 'off_session' THEN set_up ELSE NEW.setup_future_usage END
   WHERE env = NEW.env AND id = NEW.payment_method_id AND detached_at IS NULL
     AND coalesce(customer_id, NEW.customer_id) = NEW.customer_id;
  RETURN NULL; END $$;
REVOKE ALL ON FUNCTION pay.t_payment_saves() FROM PUBLIC;
