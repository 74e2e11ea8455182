CREATE OR REPLACE FUNCTION core.t_immutable() RETURNS trigger
LANGUAGE plpgsql SET search_path = core, pg_temp AS $$ BEGIN
  RAISE EXCEPTION 'immutable: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = '23001'; END $$;
REVOKE ALL ON FUNCTION core.t_immutable() FROM PUBLIC;
