-- Lifecycles, their history, events and the outbox: written with the change, in the same commit (money rule 9).

CREATE TABLE pay.transition (entity text, from_s text, to_s text, PRIMARY KEY (entity, from_s, to_s));
GRANT SELECT ON pay.transition TO farthing_app, farthing_auditor;

CREATE TABLE pay.history (
  env bigint NOT NULL, entity text NOT NULL, id text NOT NULL COLLATE "C", seq int NOT NULL,
  from_s text NOT NULL, to_s text NOT NULL,
  -- a session that never named its actor has no such setting at all
  actor text NOT NULL DEFAULT coalesce(current_setting('app.actor', true), ''),
  request_id text NOT NULL DEFAULT coalesce(current_setting('app.request', true), ''),
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (env, entity, id, seq)
);

-- Refuses a step that has no row in `transition` and writes every step to `history`. A new row steps from 'none'.
CREATE FUNCTION pay.t_state() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE before text := CASE TG_OP WHEN 'INSERT' THEN 'none' ELSE OLD.status END; BEGIN
  IF TG_OP = 'UPDATE' AND NEW.status IS NOT DISTINCT FROM OLD.status THEN RETURN NEW; END IF;
  IF NOT EXISTS (SELECT 1 FROM transition WHERE (entity, from_s, to_s) = (TG_ARGV[0], before, NEW.status))
  THEN RAISE EXCEPTION 'illegal % transition % -> %', TG_ARGV[0], before, NEW.status USING ERRCODE = '23514'; END IF;
  NEW.step := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE OLD.step + 1 END;
  INSERT INTO history (env, entity, id, seq, from_s, to_s)
  VALUES (NEW.env, TG_ARGV[0], NEW.id::text, NEW.step, before, NEW.status);
  RETURN NEW; END $$;

-- The births of tables that are written many rows at a time: one history statement for all of them.
CREATE FUNCTION pay.t_states_born() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE bad text; BEGIN
  INSERT INTO history (env, entity, id, seq, from_s, to_s, actor, request_id)
  SELECT n.env, TG_ARGV[0], n.id::text, n.step, 'none', n.status, coalesce(n.actor, ''), coalesce(n.request_id, '')
    FROM fresh n JOIN transition t ON (t.entity, t.from_s, t.to_s) = (TG_ARGV[0], 'none', n.status);
  SELECT n.status INTO bad FROM fresh n
   WHERE NOT EXISTS (SELECT 1 FROM transition t WHERE (t.entity, t.from_s, t.to_s) = (TG_ARGV[0], 'none', n.status));
  IF FOUND THEN RAISE EXCEPTION 'illegal % transition none -> %', TG_ARGV[0], bad USING ERRCODE = '23514'; END IF;
  RETURN NULL; END $$;

CREATE FUNCTION pay.keep_history(p_entity text) RETURNS void LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  EXECUTE format('ALTER TABLE pay.%I ALTER step SET DEFAULT 1', p_entity);
  EXECUTE format('CREATE TRIGGER state_born AFTER INSERT ON pay.%I REFERENCING NEW TABLE AS fresh
                  FOR EACH STATEMENT EXECUTE FUNCTION pay.t_states_born(%L)', p_entity, p_entity);
  EXECUTE format('CREATE TRIGGER state_moved BEFORE UPDATE ON pay.%I FOR EACH ROW
                  WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION pay.t_state(%L)', p_entity, p_entity);
END $$;

CREATE TABLE pay.event (
  env bigint NOT NULL, id text NOT NULL COLLATE "C", type text NOT NULL,
  object_id text NOT NULL COLLATE "C", object_seq int NOT NULL,
  api_version text NOT NULL,
  data text NOT NULL,                 -- the object as JSON, rendered once, in the version in force
  previous_attributes text,
  request_id text, idempotency_key text,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (env, id), UNIQUE (env, object_id, object_seq)
);
ALTER TABLE pay.event SET (toast_tuple_target = 8160);  -- an event of two kilobytes stays in its row, uncompressed

CREATE TABLE pay.outbox (
  env bigint NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, event_id text NOT NULL COLLATE "C",
  created_at timestamptz NOT NULL DEFAULT now(), dispatched_at timestamptz,
  PRIMARY KEY (env, id), UNIQUE (env, event_id),
  FOREIGN KEY (env, event_id) REFERENCES pay.event (env, id)
);
CREATE INDEX outbox_due ON pay.outbox (env, id) WHERE dispatched_at IS NULL;

SELECT core.protect('pay.history', true), core.protect('pay.event', true), core.protect('pay.outbox');
GRANT INSERT ON pay.event, pay.outbox TO farthing_app;
GRANT UPDATE (dispatched_at) ON pay.outbox TO farthing_app;

-- Writes events and their outbox rows. Elements: {id, type, object_id, data, previous_attributes?, api_version,
-- request_id?, idempotency_key?, created_at}. The sequence per object is dense because its parent row is locked.
CREATE FUNCTION pay.events_write(p_env bigint, p_events jsonb) RETURNS void
LANGUAGE sql SET search_path = pay, pg_temp AS $$
  WITH written AS (
    INSERT INTO event (env, id, type, object_id, object_seq, api_version, data, previous_attributes, request_id,
                       idempotency_key, created_at)
    SELECT p_env, e.id, e.type, e.object_id,
           coalesce((SELECT max(object_seq) FROM event v WHERE v.env = p_env AND v.object_id = e.object_id), 0)
             + row_number() OVER (PARTITION BY e.object_id ORDER BY e.n),
           e.api_version, e.data, e.previous_attributes, e.request_id, e.idempotency_key, e.created_at
      FROM ROWS FROM (jsonb_to_recordset(p_events) AS (id text, type text, object_id text, data text,
             previous_attributes text, api_version text, request_id text, idempotency_key text, created_at timestamptz))
           WITH ORDINALITY AS e(id, type, object_id, data, previous_attributes, api_version, request_id,
             idempotency_key, created_at, n)
    RETURNING id)
  INSERT INTO outbox (env, event_id) SELECT p_env, id FROM written $$;
GRANT EXECUTE ON FUNCTION pay.events_write(bigint, jsonb) TO farthing_app;
