CREATE OR REPLACE FUNCTION pay.t_setup_step() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$
DECLARE f text := CASE WHEN TG_OP = 'INSERT' THEN 'none' ELSE OLD.doc->>'status' END; BEGIN
  IF f IS DISTINCT FROM NEW.doc->>'status' AND NOT EXISTS (
    SELECT FROM transition WHERE (entity, from_s, to_s) = ('setup_intent', f, NEW.doc->>'status')) THEN
    RAISE EXCEPTION 'setup_intent %: % -> % is no legal step', NEW.id, f, NEW.doc->>'status' USING ERRCODE = '23514';
  END IF;
  RETURN NEW; END $$;
REVOKE ALL ON FUNCTION pay.t_setup_step() FROM PUBLIC;
