-- Disables an endpoint that failed for too long, or is gone, and drafts the mails that tell its owners, in one commit. Says
-- whether it was this call that disabled it.
CREATE OR REPLACE FUNCTION pay.endpoint_give_up(p_env bigint, p_id text, p_reason text, p_mails jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF NOT endpoint_disable(p_env, p_id, p_reason) THEN RETURN false; END IF;
  PERFORM mails_write(p_env, p_mails);
  RETURN true; END $$;
REVOKE ALL ON FUNCTION pay.endpoint_give_up(bigint,text,text,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.endpoint_give_up(bigint,text,text,jsonb) TO farthing_app;
