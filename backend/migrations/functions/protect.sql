-- What later files protect gets that policy at once.
CREATE OR REPLACE FUNCTION core.protect(p_table regclass, p_append_only boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SET search_path = core, pg_temp AS $$ BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', p_table);
  EXECUTE format('CREATE POLICY tenant ON %s USING (env = current_setting(''app.env'')::bigint)
                  WITH CHECK (env = current_setting(''app.env'')::bigint)', p_table);
  EXECUTE format('CREATE POLICY auditor ON %s FOR SELECT TO farthing_auditor USING (true)', p_table);
  EXECUTE format('GRANT SELECT ON %s TO farthing_app, farthing_auditor', p_table);
  IF p_append_only THEN
    EXECUTE format('CREATE TRIGGER imm BEFORE UPDATE OR DELETE ON %s FOR EACH ROW
                    EXECUTE FUNCTION core.t_immutable()', p_table);
    EXECUTE format('CREATE TRIGGER immt BEFORE TRUNCATE ON %s FOR EACH STATEMENT
                    EXECUTE FUNCTION core.t_immutable()', p_table);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER imm, ENABLE ALWAYS TRIGGER immt', p_table);
  END IF; END $$;
REVOKE ALL ON FUNCTION core.protect(regclass,boolean) FROM PUBLIC;
