-- How far numbers are drawn at this moment; numbers above are drawn by the transaction `since` or later ones, and those up
-- to `drawn` by transactions before `over`. The order matters: each line looks at a later moment than the one before.
CREATE OR REPLACE FUNCTION pay.audit_moment(OUT since xid8, OUT drawn bigint, OUT over xid8) RETURNS record
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN  -- there each line would see the first one's moment
    RAISE EXCEPTION 'sealing needs read committed' USING ERRCODE = '25001'; END IF;
  since := pg_snapshot_xmin(pg_current_snapshot());
  SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END INTO drawn FROM audit_id_seq;
  over := pg_snapshot_xmax(pg_current_snapshot()); END $$;
REVOKE ALL ON FUNCTION pay.audit_moment() FROM PUBLIC;
