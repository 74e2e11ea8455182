-- Seals what is finished and not yet sealed; `p_number`, `p_hash` are the head that the caller kept outside, or NULL.
-- Answers {blocks: the new ones since that head, more}; {busy} while another seals; {disagrees} when that head is not
-- ours any more.
CREATE OR REPLACE FUNCTION pay.audit_seal(p_env bigint, p_number integer, p_hash text, p_limit integer DEFAULT 10000)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp SET enable_seqscan TO 'off' AS $$
DECLARE last audit_block; upto xid8; first xid8; cut xid8; d record; n int; BEGIN
  PERFORM env_guard(p_env);
  -- Two sealers would both link to the same block (measured elsewhere: a quarter of the links); the second looks away.
  IF NOT pg_try_advisory_xact_lock(hashtextextended('pay.audit', p_env)) THEN RETURN '{"busy": true}'; END IF;
  IF p_number IS NOT NULL AND NOT EXISTS (
    SELECT FROM audit_block WHERE env = p_env AND number = p_number AND hash = decode(p_hash, 'hex'))
  THEN RETURN '{"disagrees": true}'; END IF;
  SELECT * INTO last FROM audit_block WHERE env = p_env ORDER BY number DESC LIMIT 1;
  first := coalesce(last.xid_to, '0'::xid8);
  upto := pg_snapshot_xmin(pg_current_snapshot());  -- whatever is older has committed or never will
  SELECT xid INTO cut FROM audit WHERE env = p_env AND xid >= first AND xid < upto ORDER BY xid OFFSET p_limit LIMIT 1;
  IF FOUND THEN  -- one transaction stays in one block, however large it is
    upto := CASE WHEN EXISTS (SELECT FROM audit WHERE env = p_env AND xid >= first AND xid < cut) THEN cut
                 ELSE (cut::text::bigint + 1)::text::xid8 END;
  END IF;
  SELECT * INTO d FROM audit_digest(p_env, first, upto);
  IF d.audits + d.transfers > 0 THEN
    n := coalesce(last.number, 0) + 1;
    INSERT INTO audit_block (env, number, xid_from, xid_to, audits, transfers, prev, hash)
    VALUES (p_env, n, first, upto, d.audits, d.transfers, coalesce(last.hash, ''),
            audit_hash(coalesce(last.hash, ''), p_env, n, first, upto, d.audits, d.transfers, d.digest));
  END IF;
  RETURN jsonb_build_object('more', cut IS NOT NULL, 'blocks', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('env', env, 'number', number, 'hash', encode(hash, 'hex'),
             'rows', audits + transfers, 'at', at) ORDER BY number), '[]')
      FROM audit_block WHERE env = p_env AND number > coalesce(p_number, coalesce(n, last.number) - 1))); END $$;
REVOKE ALL ON FUNCTION pay.audit_seal(bigint,integer,text,integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.audit_seal(bigint,integer,text,integer) TO farthing_app;
