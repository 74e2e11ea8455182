CREATE OR REPLACE FUNCTION pay.t_balance_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF NEW.doc - 'metadata' - 'description' <> OLD.doc - 'metadata' - 'description' THEN
    RAISE EXCEPTION 'immutable: an adjustment of a customer balance' USING ERRCODE = '23001'; END IF;
  RETURN NEW; END $$;
REVOKE ALL ON FUNCTION pay.t_balance_fixed() FROM PUBLIC;
