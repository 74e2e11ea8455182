-- The environments that have something unsealed.
CREATE OR REPLACE FUNCTION pay.audit_waiting() RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp SET enable_seqscan TO 'off' AS $$
DECLARE e bigint; edge xid8; found bigint[] := '{}'; before text := current_setting('app.env', true); BEGIN
  FOR e IN SELECT 0::bigint UNION ALL SELECT id FROM core.environment LOOP
    PERFORM set_config('app.env', e::text, true);
    edge := coalesce((SELECT xid_to FROM audit_block WHERE env = e ORDER BY number DESC LIMIT 1), '0'::xid8);
    IF (SELECT max(xid) FROM audit WHERE env = e) >= edge OR (SELECT max(xid) FROM transfer WHERE env = e) >= edge
    THEN found := found || e; END IF;
  END LOOP;
  PERFORM set_config('app.env', coalesce(before, ''), true);
  RETURN found; END $$;
REVOKE ALL ON FUNCTION pay.audit_waiting() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.audit_waiting() TO farthing_app;
