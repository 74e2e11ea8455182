-- Who set a payment's shipping, a second wall around API keys, and counters that outlive Redis.

-- The key that set the shipping last: what the merchant set, a shopper's key may not replace. NULL beside a shipping
-- is an older row, of which nobody knows; it counts as the merchant's.
ALTER TABLE pay.payment ADD COLUMN shipping_actor_id text;
CREATE FUNCTION pay.t_shipping() RETURNS trigger LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  NEW.shipping_actor_id := CASE WHEN NEW.shipping IS NOT NULL THEN NEW.actor END;
  RETURN NEW; END $$;
REVOKE ALL ON FUNCTION pay.t_shipping() FROM PUBLIC;
CREATE TRIGGER shipping_born BEFORE INSERT ON pay.payment
  FOR EACH ROW WHEN (NEW.shipping IS NOT NULL) EXECUTE FUNCTION pay.t_shipping();
CREATE TRIGGER shipping_moved BEFORE UPDATE OF shipping ON pay.payment
  FOR EACH ROW WHEN (OLD.shipping IS DISTINCT FROM NEW.shipping) EXECUTE FUNCTION pay.t_shipping();

-- A key is found by its hash before its environment is known (core.api_key_find, which runs as the owner); everything
-- else happens inside one environment. Not forced: the owner's look-ups go round it.
ALTER TABLE core.api_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON core.api_key USING (env = current_setting('app.env')::bigint)
                                WITH CHECK (env = current_setting('app.env')::bigint);

-- Notes the use of keys of any environment, and can do nothing else to them.
CREATE FUNCTION core.api_keys_used(p_ids text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = core, pg_temp AS $$
  UPDATE api_key SET last_used_at = now() WHERE id = ANY (p_ids) $$;
REVOKE ALL ON FUNCTION core.api_keys_used(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.api_keys_used(text[]) TO farthing_app;
REVOKE UPDATE (last_used_at) ON core.api_key FROM farthing_app;

-- Fixed windows: how often something happened since its window began. Names are hashes, so no address is kept.
CREATE TABLE core.tally (
  name bytea PRIMARY KEY CHECK (length(name) = 32),
  count int NOT NULL,
  until timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX tally_over ON core.tally (until);

-- Counts one more and says how many there are in this window; a few windows that are over are swept on the way.
CREATE FUNCTION core.tally_add(p_name bytea, p_seconds int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = core, pg_temp AS $$ DECLARE n int; BEGIN
  DELETE FROM tally WHERE name IN (
    SELECT name FROM tally WHERE until < now() AND name <> p_name ORDER BY until LIMIT 2 FOR UPDATE SKIP LOCKED);
  INSERT INTO tally AS t (name, count, until) VALUES (p_name, 1, now() + make_interval(secs => p_seconds))
  ON CONFLICT (name) DO UPDATE SET
    count = CASE WHEN t.until < now() THEN 1 ELSE least(t.count, 1000000000) + 1 END,
    until = CASE WHEN t.until < now() THEN EXCLUDED.until ELSE t.until END
  RETURNING count INTO n;
  RETURN n; END $$;
REVOKE ALL ON FUNCTION core.tally_add(bytea, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.tally_add(bytea, int) TO farthing_app;
