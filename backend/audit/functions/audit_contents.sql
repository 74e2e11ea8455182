-- What stands in a block's range, recomputed: how many rows, and the hash that the block must have. Rows are rendered
-- without any setting of the session. A block's transactions only say where its rows are found; which rows are its own
-- its numbers say. Blocks of before have no numbers and seal transactions; the first one with numbers takes the transfers
-- that were written before these had any. The tenant is part of what is hashed, so one tenant's chain cannot stand in for
-- another's.
CREATE OR REPLACE FUNCTION pay.audit_contents(b pay.audit_block, OUT audits integer, OUT transfers integer,
    OUT hash bytea)
RETURNS record
LANGUAGE plpgsql STABLE SET search_path = pay, pg_temp SET enable_seqscan TO 'off' AS $$ DECLARE a text; t text; BEGIN
  IF b.no_to IS NULL THEN
    SELECT d.audits, d.transfers,
           audit_hash(b.prev, b.env, b.number, b.xid_from, b.xid_to, d.audits, d.transfers, d.digest)
      INTO audits, transfers, hash FROM audit_digest(b.env, b.xid_from, b.xid_to) d;
    RETURN;
  END IF;
  SELECT count(*), string_agg(ROW(r.env, r.id, r.xid, extract(epoch FROM r.at), r.actor, r.request_id, r.login, r.tbl,
                                  r.op, r.row_id, r.body)::text, E'\n' ORDER BY r.id)
    INTO audits, a FROM audit r
   WHERE r.env = b.env AND r.xid >= b.xid_from AND r.xid < b.xid_to AND r.id > b.no_from AND r.id <= b.no_to;
  SELECT count(*), string_agg(ROW(r.env, r.no, r.xid, r.id, r.group_id, r.debit_id, r.credit_id, r.currency, r.amount,
                                  r.code, r.ref_id, r.leg, r.debit_version, r.credit_version, r.debit_after,
                                  r.credit_after, r.reverses, extract(epoch FROM r.created_at))::text,
                              E'\n' ORDER BY r.no, r.xid, r.id)
    INTO transfers, t FROM transfer r
   WHERE r.env = b.env AND r.xid >= b.xid_from AND r.xid < b.xid_to
     AND (r.no > b.no_from AND r.no <= b.no_to OR r.no IS NULL AND b.no_from = 0);
  hash := sha256(b.prev || convert_to(format('numbers|%s|%s|%s|%s|%s|%s|', b.env, b.number, b.no_from, b.no_to, audits,
                                             transfers), 'UTF8')
                 || sha256(convert_to(coalesce(a, ''), 'UTF8')) || sha256(convert_to(coalesce(t, ''), 'UTF8'))); END $$;
REVOKE ALL ON FUNCTION pay.audit_contents(pay.audit_block) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.audit_contents(pay.audit_block) TO farthing_auditor;
