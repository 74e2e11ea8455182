-- The environments that have something unsealed, or were never looked after on this server.
CREATE OR REPLACE FUNCTION pay.audit_waiting() RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp SET enable_seqscan TO 'off' AS $$
DECLARE here bigint := (SELECT system_identifier FROM pg_control_system()); found bigint[]; BEGIN
  PERFORM set_config('app.sweep', 'on', true);
  found := ARRAY(
    SELECT v.id FROM (SELECT 0::bigint AS id UNION ALL SELECT id FROM core.environment) v
      LEFT JOIN audit_edge e ON e.env = v.id
     WHERE CASE WHEN e.env IS NULL
             THEN EXISTS (SELECT FROM audit WHERE env = v.id) OR EXISTS (SELECT FROM transfer WHERE env = v.id)
           WHEN e.server <> here THEN true
           ELSE EXISTS (SELECT FROM audit WHERE env = v.id AND xid >= e.floor AND id > e.sealed)
             OR EXISTS (SELECT FROM transfer WHERE env = v.id AND xid >= e.floor AND no > e.sealed) END);
  PERFORM set_config('app.sweep', '', true);
  RETURN found; END $$;
REVOKE ALL ON FUNCTION pay.audit_waiting() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.audit_waiting() TO farthing_app;
