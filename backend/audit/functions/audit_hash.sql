-- The tenant is part of what is hashed, so one tenant's chain cannot stand in for another's.
CREATE OR REPLACE FUNCTION pay.audit_hash(p_prev bytea, p_env bigint, p_number integer, p_from xid8, p_to xid8,
    p_audits integer, p_transfers integer, p_digest bytea)
RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pay, pg_temp AS $$
  SELECT sha256(p_prev || convert_to(format('%s|%s|%s|%s|%s|%s|', p_env, p_number, p_from, p_to, p_audits, p_transfers),
                                     'UTF8') || p_digest) $$;
REVOKE ALL ON FUNCTION pay.audit_hash(bytea,bigint,integer,xid8,xid8,integer,integer,bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.audit_hash(bytea,bigint,integer,xid8,xid8,integer,integer,bytea) TO farthing_auditor;
