CREATE OR REPLACE FUNCTION pay.t_shipping() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  NEW.shipping_actor_id := CASE WHEN NEW.shipping IS NOT NULL THEN NEW.actor END;
  RETURN NEW; END $$;
REVOKE ALL ON FUNCTION pay.t_shipping() FROM PUBLIC;
