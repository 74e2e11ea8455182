-- How far numbers are drawn at this moment: those above are drawn by the transaction `since` or later ones, and those up
-- to `drawn` by transactions before `over`. The order matters. `over` is our own number, given now: whoever drew before
-- has a lower one. (A snapshot's xmax would not do: who is at work may stand above it.) Nothing when ours was given before.
CREATE OR REPLACE FUNCTION pay.audit_moment(OUT since xid8, OUT drawn bigint, OUT over xid8) RETURNS record
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF pg_current_xact_id_if_assigned() IS NOT NULL THEN RETURN; END IF;
  since := pg_snapshot_xmin(pg_current_snapshot());
  SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END INTO drawn FROM audit_id_seq;
  over := pg_current_xact_id(); END $$;
REVOKE ALL ON FUNCTION pay.audit_moment() FROM PUBLIC;
