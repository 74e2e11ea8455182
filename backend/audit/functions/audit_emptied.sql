CREATE OR REPLACE FUNCTION pay.audit_emptied() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
BEGIN
  INSERT INTO audit (env, actor, request_id, tbl, op, row_id, body)
  VALUES (0, coalesce(current_setting('app.actor', true), ''), coalesce(current_setting('app.request', true), ''),
          TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, 'TRUNCATE', '', '{}');
  RETURN NULL; END $$;
REVOKE ALL ON FUNCTION pay.audit_emptied() FROM PUBLIC;
