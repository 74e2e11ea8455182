-- Sets a timer unless the object has one, and says whether it had none. Costs a look into the primary key when it has.
CREATE OR REPLACE FUNCTION pay.due_need(p_env bigint, p_kind text, p_object_id text, p_at timestamp with time zone)
RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  INSERT INTO due (env, kind, object_id, at) VALUES (p_env, p_kind, p_object_id, p_at) ON CONFLICT DO NOTHING;
  RETURN FOUND; END $$;
REVOKE ALL ON FUNCTION pay.due_need(bigint,text,text,timestamp with time zone) FROM PUBLIC;
