CREATE OR REPLACE FUNCTION pay.keep_history(p_entity text) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  EXECUTE format('ALTER TABLE pay.%I ALTER step SET DEFAULT 1', p_entity);
  EXECUTE format('CREATE TRIGGER state_born AFTER INSERT ON pay.%I REFERENCING NEW TABLE AS fresh
                  FOR EACH STATEMENT EXECUTE FUNCTION pay.t_states_born(%L)', p_entity, p_entity);
  EXECUTE format('CREATE TRIGGER state_moved BEFORE UPDATE ON pay.%I FOR EACH ROW
                  WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION pay.t_state(%L)', p_entity, p_entity);
END $$;
REVOKE ALL ON FUNCTION pay.keep_history(text) FROM PUBLIC;
