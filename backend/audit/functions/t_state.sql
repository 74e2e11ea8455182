-- Refuses a step that has no row in `transition` and writes every step to `history`. A new row steps from 'none'.
CREATE OR REPLACE FUNCTION pay.t_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE before text := CASE TG_OP WHEN 'INSERT' THEN 'none' ELSE OLD.status END; BEGIN
  IF TG_OP = 'UPDATE' AND NEW.status IS NOT DISTINCT FROM OLD.status THEN RETURN NEW; END IF;
  IF NOT EXISTS (SELECT 1 FROM transition WHERE (entity, from_s, to_s) = (TG_ARGV[0], before, NEW.status))
  THEN RAISE EXCEPTION 'illegal % transition % -> %', TG_ARGV[0], before, NEW.status USING ERRCODE = '23514'; END IF;
  NEW.step := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE OLD.step + 1 END;
  INSERT INTO history (env, entity, id, seq, from_s, to_s)
  VALUES (NEW.env, TG_ARGV[0], NEW.id::text, NEW.step, before, NEW.status);
  RETURN NEW; END $$;
REVOKE ALL ON FUNCTION pay.t_state() FROM PUBLIC;
