-- Writes the block after `last` with everything above what is sealed and up to a number; its own number, or NULL when
-- there is nothing. Called by audit_seal, which knows that the numbers are final.
CREATE OR REPLACE FUNCTION pay.audit_close(e pay.audit_edge, last pay.audit_block, p_upto bigint) RETURNS integer
LANGUAGE plpgsql SET search_path = pay, pg_temp SET enable_seqscan TO 'off' AS $$ DECLARE b audit_block; BEGIN
  SELECT min(r.xid), max(r.xid) INTO b.xid_from, b.xid_to FROM (
    SELECT xid FROM audit WHERE env = e.env AND xid >= e.floor AND id > e.sealed AND id <= p_upto
    UNION ALL
    SELECT xid FROM transfer WHERE env = e.env AND xid >= e.floor
       AND (no > e.sealed AND no <= p_upto OR no IS NULL AND e.sealed = 0)) r;
  IF b.xid_from IS NULL THEN RETURN NULL; END IF;
  b.env := e.env; b.number := coalesce(last.number, 0) + 1; b.prev := coalesce(last.hash, '');
  b.no_from := coalesce(last.no_to, e.sealed); b.no_to := p_upto;
  IF b.no_from = 0 THEN b.xid_from := e.floor; END IF;  -- before stand the blocks without numbers
  b.xid_to := (b.xid_to::text::bigint + 1)::text::xid8;
  SELECT c.audits, c.transfers, c.hash INTO b.audits, b.transfers, b.hash FROM audit_contents(b) c;
  INSERT INTO audit_block (env, number, xid_from, xid_to, no_from, no_to, audits, transfers, prev, hash)
  VALUES (b.env, b.number, b.xid_from, b.xid_to, b.no_from, b.no_to, b.audits, b.transfers, b.prev, b.hash);
  RETURN b.number; END $$;
REVOKE ALL ON FUNCTION pay.audit_close(pay.audit_edge,pay.audit_block,bigint) FROM PUBLIC;
