-- The births of tables that are written many rows at a time: one history statement for all of them.
CREATE OR REPLACE FUNCTION pay.t_states_born() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE bad text; BEGIN
  INSERT INTO history (env, entity, id, seq, from_s, to_s, actor, request_id)
  SELECT n.env, TG_ARGV[0], n.id::text, n.step, 'none', n.status, coalesce(n.actor, ''), coalesce(n.request_id, '')
    FROM fresh n JOIN transition t ON (t.entity, t.from_s, t.to_s) = (TG_ARGV[0], 'none', n.status);
  SELECT n.status INTO bad FROM fresh n
   WHERE NOT EXISTS (SELECT 1 FROM transition t WHERE (t.entity, t.from_s, t.to_s) = (TG_ARGV[0], 'none', n.status));
  IF FOUND THEN RAISE EXCEPTION 'illegal % transition none -> %', TG_ARGV[0], bad USING ERRCODE = '23514'; END IF;
  RETURN NULL; END $$;
REVOKE ALL ON FUNCTION pay.t_states_born() FROM PUBLIC;
