-- `p_id` and `p_sealed` are SQL over the row %1$s: its name in the trail, and a record of what is sealed, written
-- without any setting of the session. `p_env` as in pay.keep_audit.
CREATE OR REPLACE FUNCTION pay.keep_seals(p_table regclass, p_id text, p_sealed text, p_env text DEFAULT
    '%1$s.env'::text)
RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$
DECLARE
  name text := (SELECT nspname || '_' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                 WHERE c.oid = p_table);
  digest text := 'encode(sha256(convert_to(ROW(' || quote_literal(name) || ', ' || p_env || ', ' || p_id || ', '
                 || p_sealed || ')::text, ''UTF8'')), ''hex'')';
  put text := 'INSERT INTO audit (env, actor, request_id, tbl, op, row_id, body) VALUES (' || p_env
    || ', coalesce(current_setting(''app.actor'', true), ''''), coalesce(current_setting(''app.request'', true), ''''), '
    || quote_literal(name || '_seal') || ', TG_OP, ' || p_id || ', ';
  head text := 'LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS '; BEGIN
  EXECUTE format('CREATE FUNCTION pay.%I(%s) RETURNS text LANGUAGE sql STABLE SET search_path = pay, pg_temp AS %L',
    'seal_of_' || name, 'r ' || p_table, 'SELECT ' || format(digest, 'r'));
  EXECUTE format('CREATE FUNCTION pay.%I() RETURNS trigger %s %L', 'seal_' || name, head,
    'BEGIN IF TG_OP = ''DELETE'' THEN '
    || format(put, 'OLD') || 'jsonb_build_object(''seal'', pay.' || quote_ident('seal_of_' || name) || '(OLD))); '
    || 'ELSIF TG_OP = ''INSERT'' THEN '
    || format(put, 'NEW') || 'jsonb_build_object(''seal'', pay.' || quote_ident('seal_of_' || name) || '(NEW))); '
    || 'ELSIF pay.' || quote_ident('seal_of_' || name) || '(OLD) <> pay.' || quote_ident('seal_of_' || name)
    || '(NEW) THEN ' || format(put, 'NEW') || 'jsonb_build_object(''seal'', jsonb_build_array(pay.'
    || quote_ident('seal_of_' || name) || '(OLD), pay.' || quote_ident('seal_of_' || name) || '(NEW)))); '
    || 'END IF; RETURN NULL; END');
  EXECUTE format('REVOKE ALL ON FUNCTION pay.%I(), pay.%I(%s) FROM PUBLIC', 'seal_' || name, 'seal_of_' || name, p_table);
  EXECUTE format('CREATE TRIGGER sealed AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION pay.%I()',
                 p_table, 'seal_' || name);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER sealed', p_table); END $$;
REVOKE ALL ON FUNCTION pay.keep_seals(regclass,text,text,text) FROM PUBLIC;
