-- Stops all sending to an endpoint: it is disabled and what is pending for it will not be tried again.
CREATE OR REPLACE FUNCTION pay.endpoint_disable(p_env bigint, p_id text, p_reason text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  PERFORM env_guard(p_env);
  PERFORM endpoints_lock(p_env, true);
  UPDATE endpoint SET enabled = false, disabled_reason = p_reason WHERE env = p_env AND id = p_id AND enabled;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE delivery SET status = CASE status WHEN 'pending' THEN 'canceled' ELSE status END, next_at = NULL,
      resend_at = NULL
   WHERE env = p_env AND endpoint_id = p_id AND due_at IS NOT NULL;
  RETURN true; END $$;
REVOKE ALL ON FUNCTION pay.endpoint_disable(bigint,text,text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.endpoint_disable(bigint,text,text) TO farthing_app;
