-- Seals what is finished and not yet sealed; `p_number`, `p_hash` are the head that the caller kept outside, or NULL.
-- Answers {blocks: the new ones since that head, more}; {busy} while another seals; {disagrees} when that head is not
-- ours any more.
-- A block seals a range of numbers that nobody can add to any more. A transaction has its own number before it draws any,
-- so all that are drawn at a moment are final when every transaction that has a number by then has ended. While one is
-- still at work the moment is kept (audit_edge), and looked at again the next time.
CREATE OR REPLACE FUNCTION pay.audit_seal(p_env bigint, p_number integer, p_hash text, p_limit integer DEFAULT 10000)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp SET enable_seqscan TO 'off' AS $$
DECLARE last audit_block; e audit_edge; m record; upto bigint; edge xid8; cut bigint; n int; BEGIN
  PERFORM env_guard(p_env);
  -- Two sealers would both link to the same block (measured elsewhere: a quarter of the links); the second looks away.
  IF NOT pg_try_advisory_xact_lock(hashtextextended('pay.audit', p_env)) THEN RETURN '{"busy": true}'; END IF;
  IF p_number IS NOT NULL AND NOT EXISTS (
    SELECT FROM audit_block WHERE env = p_env AND number = p_number AND hash = decode(p_hash, 'hex'))
  THEN RETURN '{"disagrees": true}'; END IF;
  SELECT * INTO last FROM audit_block WHERE env = p_env ORDER BY number DESC LIMIT 1;
  e := audit_known(p_env, last);
  SELECT * INTO m FROM audit_moment();
  IF e.over IS NULL THEN  -- most end at once
    FOR _ IN 1..5 LOOP
      EXIT WHEN pg_snapshot_xmin(pg_current_snapshot()) >= m.over;
      PERFORM pg_sleep(0.02);
    END LOOP;
  END IF;
  IF pg_snapshot_xmin(pg_current_snapshot()) >= m.over THEN  -- nobody is at work
    upto := m.drawn; edge := m.since; e.drawn := NULL; e.over := NULL; e.since := NULL;
  ELSIF e.over IS NULL OR pg_snapshot_xmin(pg_current_snapshot()) >= e.over THEN
    upto := e.drawn; edge := e.since; e.drawn := m.drawn; e.over := m.over; e.since := m.since;
  END IF;
  IF upto > e.sealed THEN
    SELECT id INTO cut FROM audit WHERE env = p_env AND xid >= e.floor AND id > e.sealed AND id <= upto
     ORDER BY id OFFSET p_limit LIMIT 1;
    IF FOUND THEN  -- the rest is final already and comes next
      e.drawn := upto; e.over := '0'; e.since := edge; upto := cut - 1; edge := e.floor;
    END IF;
    n := audit_close(e, last, upto);
    e.number := coalesce(n, e.number); e.sealed := upto; e.floor := edge;
  END IF;
  UPDATE audit_edge SET (server, number, sealed, floor, drawn, over, since)
    = (e.server, e.number, e.sealed, e.floor, e.drawn, e.over, e.since) WHERE env = p_env;
  IF NOT FOUND THEN INSERT INTO audit_edge SELECT e.*; END IF;
  RETURN jsonb_build_object('more', cut IS NOT NULL, 'blocks', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('env', env, 'number', number, 'hash', encode(hash, 'hex'),
             'rows', audits + transfers, 'at', at) ORDER BY number), '[]')
      FROM audit_block WHERE env = p_env AND number > coalesce(p_number, coalesce(n, last.number) - 1))); END $$;
REVOKE ALL ON FUNCTION pay.audit_seal(bigint,integer,text,integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.audit_seal(bigint,integer,text,integer) TO farthing_app;
