-- What a range of transactions wrote, as one digest. Rows are rendered without any setting of the session.
CREATE OR REPLACE FUNCTION pay.audit_digest(p_env bigint, p_from xid8, p_to xid8, OUT audits integer, OUT transfers
    integer, OUT digest bytea)
RETURNS record
LANGUAGE plpgsql STABLE SET search_path = pay, pg_temp SET enable_seqscan TO 'off' AS $$ DECLARE a text; t text; BEGIN
  SELECT count(*), string_agg(ROW(env, xid, id, extract(epoch FROM at), actor, request_id, login, tbl, op, row_id,
                                  body)::text, E'\n' ORDER BY xid, id)
    INTO audits, a FROM audit WHERE env = p_env AND xid >= p_from AND xid < p_to;
  SELECT count(*), string_agg(ROW(env, xid, id, group_id, debit_id, credit_id, currency, amount, code, ref_id, leg,
                                  debit_version, credit_version, debit_after, credit_after, reverses,
                                  extract(epoch FROM created_at))::text, E'\n' ORDER BY xid, id)
    INTO transfers, t FROM transfer WHERE env = p_env AND xid >= p_from AND xid < p_to;
  digest := sha256(sha256(convert_to(coalesce(a, ''), 'UTF8')) || sha256(convert_to(coalesce(t, ''), 'UTF8'))); END $$;
REVOKE ALL ON FUNCTION pay.audit_digest(bigint,xid8,xid8) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.audit_digest(bigint,xid8,xid8) TO farthing_auditor;
