-- Gives a table its triggers. `p_shown` is the allow list of columns whose values are copied; of `p_noted` (persons'
-- data, free text, secrets) an UPDATE says only that they changed. `p_env` and `p_moved` are SQL: whose row it is, and
-- which updates count. The comparing code is generated per table: a loop over all columns cost ten times as much.
CREATE OR REPLACE FUNCTION pay.keep_audit(p_table regclass, p_shown text[], p_noted text[] DEFAULT '{}'::text[], p_env
    text DEFAULT '%s.env'::text, p_moved text DEFAULT 'true'::text)
RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$
DECLARE
  name text := (SELECT CASE nspname WHEN 'pay' THEN relname ELSE nspname || '_' || relname END
                  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = p_table);
  has text[] := ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = p_table AND attnum > 0 AND NOT attisdropped);
  who text := 'coalesce(' || CASE WHEN 'actor' = ANY (has) THEN '%1$s.actor, ' ELSE '' END
              || 'current_setting(''app.actor'', true), '''')';
  request text := 'coalesce(' || CASE WHEN 'request_id' = ANY (has) THEN '%1$s.request_id, ' ELSE '' END
                  || 'current_setting(''app.request'', true), '''')';
  copied text; compared text; head text := 'LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS ';
  put text := 'INSERT INTO audit (env, actor, request_id, tbl, op, row_id, body) '; BEGIN
  SELECT string_agg(format('%L, %%1$s.%I', c, c), ', ') INTO copied FROM unnest(p_shown) c WHERE c = ANY (has);
  SELECT string_agg(format('%L, CASE WHEN OLD.%I IS DISTINCT FROM NEW.%I THEN %s END', c, c, c,
           CASE WHEN c = ANY (p_shown) THEN format('jsonb_build_array(OLD.%I, NEW.%I)', c, c)
                ELSE '''"changed"''::jsonb' END), ', ')
    INTO compared FROM unnest(p_shown || p_noted) c WHERE c = ANY (has);
  EXECUTE format('CREATE FUNCTION pay.%I() RETURNS trigger %s %L', 'audit_' || name || '_born', head,
    'BEGIN ' || put || format('SELECT ' || p_env || ', ' || who || ', ' || request || ', %2$L, ''INSERT'', %1$s.id::text, '
      'jsonb_strip_nulls(jsonb_build_object(' || copied || ')) FROM fresh n; RETURN NULL; END', 'n', name));
  EXECUTE format('CREATE FUNCTION pay.%I() RETURNS trigger %s %L', 'audit_' || name || '_moved', head,
    'DECLARE b jsonb := jsonb_strip_nulls(jsonb_build_object(' || compared || ')); BEGIN IF b <> ''{}'' THEN '
      || put || format('VALUES (' || p_env || ', ' || who || ', ' || request || ', %2$L, ''UPDATE'', %1$s.id::text, b); '
      'END IF; RETURN NULL; END', 'NEW', name));
  EXECUTE format('CREATE FUNCTION pay.%I() RETURNS trigger %s %L', 'audit_' || name || '_gone', head,
    -- the row's own actor wrote it, and need not be the one who deletes it
    'BEGIN ' || put || format('VALUES (' || p_env || ', coalesce(current_setting(''app.actor'', true), ''''), '
      'coalesce(current_setting(''app.request'', true), ''''), %2$L, ''DELETE'', %1$s.id::text, '
      'jsonb_strip_nulls(jsonb_build_object(' || copied || '))); RETURN NULL; END', 'OLD', name));
  EXECUTE format('REVOKE ALL ON FUNCTION pay.%I(), pay.%I(), pay.%I() FROM PUBLIC',
                 'audit_' || name || '_born', 'audit_' || name || '_moved', 'audit_' || name || '_gone');
  EXECUTE format('CREATE TRIGGER audit_born AFTER INSERT ON %s REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT '
                 'EXECUTE FUNCTION pay.%I()', p_table, 'audit_' || name || '_born');
  EXECUTE format('CREATE TRIGGER audit_moved AFTER UPDATE ON %s FOR EACH ROW WHEN (%s) EXECUTE FUNCTION pay.%I()',
                 p_table, p_moved, 'audit_' || name || '_moved');
  EXECUTE format('CREATE TRIGGER audit_gone AFTER DELETE ON %s FOR EACH ROW EXECUTE FUNCTION pay.%I()',
                 p_table, 'audit_' || name || '_gone');
  EXECUTE format('CREATE TRIGGER audit_emptied AFTER TRUNCATE ON %s FOR EACH STATEMENT '
                 'EXECUTE FUNCTION pay.audit_emptied()', p_table);
  -- ALWAYS: a session that turns triggers off for itself is still recorded
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_born, ENABLE ALWAYS TRIGGER audit_moved, '
                 'ENABLE ALWAYS TRIGGER audit_gone, ENABLE ALWAYS TRIGGER audit_emptied', p_table); END $$;
REVOKE ALL ON FUNCTION pay.keep_audit(regclass,text[],text[],text,text) FROM PUBLIC;
