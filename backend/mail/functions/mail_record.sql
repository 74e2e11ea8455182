-- Writes what became of a try to send a mail, if whoever tried still holds it; says whether. p: {mail, lease, status, answer,
-- next_at, sent_at}.
CREATE OR REPLACE FUNCTION pay.mail_record(p_env bigint, p jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  PERFORM env_guard(p_env);
  UPDATE mail SET status = p->>'status', answer = p->>'answer', next_at = (p->>'next_at')::timestamptz,
      sent_at = (p->>'sent_at')::timestamptz, attempts = attempts + 1, leased_until = NULL
   WHERE env = p_env AND id = p->>'mail' AND lease = (p->>'lease')::int AND status = 'waiting';
  RETURN FOUND; END $$;
REVOKE ALL ON FUNCTION pay.mail_record(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.mail_record(bigint,jsonb) TO farthing_app;
