-- What is known of the newest rows of an environment whose last block is `last`. On another server, and where somebody
-- took blocks away, that is nothing: then everything that stands in no block is looked for, and numbers go on above those
-- that came along.
CREATE OR REPLACE FUNCTION pay.audit_known(p_env bigint, last pay.audit_block) RETURNS pay.audit_edge
LANGUAGE plpgsql SET search_path = pay, pg_temp SET enable_seqscan TO 'off' AS $$
DECLARE e audit_edge; here bigint := (SELECT system_identifier FROM pg_control_system()); top bigint; BEGIN
  SELECT * INTO e FROM audit_edge WHERE env = p_env;
  IF e.server = here AND e.number = coalesce(last.number, 0) THEN RETURN e; END IF;
  IF e.server <> here THEN
    top := greatest((SELECT max(id) FROM audit WHERE env = p_env), (SELECT max(no) FROM transfer WHERE env = p_env));
    IF top > (SELECT last_value FROM audit_id_seq) THEN  -- far above, for others draw at this moment
      PERFORM setval('audit_id_seq', top + 1000000);
    END IF;
  END IF;
  RETURN (p_env, here, coalesce(last.number, 0), coalesce(last.no_to, 0),
          CASE WHEN last.no_to IS NULL THEN coalesce(last.xid_to, '0') ELSE '0'::xid8 END, NULL, NULL, NULL)::audit_edge;
END $$;
REVOKE ALL ON FUNCTION pay.audit_known(bigint,pay.audit_block) FROM PUBLIC;
