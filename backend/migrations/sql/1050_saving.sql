-- Payment methods that are kept for later, and the ways to come by one: setup intents, tokens, confirmation tokens.

-- What a method was set up for, once its holder agreed. A new column is null on every row that says nothing of it.
ALTER TABLE pay.payment_method ADD COLUMN set_up text CHECK (set_up IN ('on_session', 'off_session'));
-- What a charge says for itself, where it was changed; everything else it says from its intent.
ALTER TABLE pay.charge ADD COLUMN own jsonb;
-- Which object answers the request that sent this message: null for the intent, 'charge' for POST /v1/charges.
ALTER TABLE pay.attempt ADD COLUMN answers text CHECK (answers IN ('charge'));
CREATE INDEX charge_customer ON pay.charge (env, customer_id, created_at DESC, id DESC) WHERE customer_id IS NOT NULL;

-- A payment that shall be used again keeps its method with the customer, in the very commit that makes it succeed.
CREATE FUNCTION pay.t_payment_saves() RETURNS trigger LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  UPDATE payment_method SET customer_id = NEW.customer_id,
         set_up = CASE WHEN set_up = 'off_session' THEN set_up ELSE NEW.setup_future_usage END
   WHERE env = NEW.env AND id = NEW.payment_method_id AND detached_at IS NULL
     AND coalesce(customer_id, NEW.customer_id) = NEW.customer_id;
  RETURN NULL; END $$;
REVOKE ALL ON FUNCTION pay.t_payment_saves() FROM PUBLIC;
CREATE TRIGGER saves AFTER UPDATE ON pay.payment FOR EACH ROW
  WHEN (NEW.setup_future_usage IS NOT NULL AND NEW.customer_id IS NOT NULL AND OLD.status = 'processing'
        AND NEW.status IN ('succeeded', 'requires_capture'))
  EXECUTE FUNCTION pay.t_payment_saves();

SELECT core.resource_table(t) FROM unnest(ARRAY['setup_intent', 'setup_attempt', 'setup_authentication', 'mandate',
  'confirmation_token', 'token']) t;
SELECT set_config('app.env', '0', true);
ALTER TABLE pay.setup_intent
  ADD COLUMN status text NOT NULL GENERATED ALWAYS AS (doc->>'status') STORED,
  ADD COLUMN customer_id text COLLATE "C" GENERATED ALWAYS AS (doc->>'customer') STORED,
  ADD COLUMN payment_method_id text COLLATE "C" GENERATED ALWAYS AS (doc->>'payment_method') STORED,
  ADD CHECK (status IN ('requires_payment_method', 'requires_confirmation', 'requires_action', 'processing',
                        'canceled', 'succeeded')),
  ADD CHECK (status <> 'succeeded' OR payment_method_id IS NOT NULL),
  ADD FOREIGN KEY (env, customer_id) REFERENCES pay.customer (env, id),
  ADD FOREIGN KEY (env, payment_method_id) REFERENCES pay.payment_method (env, id);
CREATE INDEX setup_intent_customer ON pay.setup_intent (env, customer_id, created_at, id);
CREATE INDEX setup_intent_method ON pay.setup_intent (env, payment_method_id, created_at, id);
ALTER TABLE pay.setup_attempt
  ADD COLUMN setup_intent_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (doc->>'setup_intent') STORED,
  ADD FOREIGN KEY (env, setup_intent_id) REFERENCES pay.setup_intent (env, id);
CREATE INDEX setup_attempt_intent ON pay.setup_attempt (env, setup_intent_id, created_at, id);

ALTER TABLE pay.mandate
  ADD COLUMN payment_method_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (doc->>'payment_method') STORED,
  ADD FOREIGN KEY (env, payment_method_id) REFERENCES pay.payment_method (env, id);
CREATE INDEX mandate_method ON pay.mandate (env, payment_method_id);

-- The legal steps: the same rows as backend/setups/states.py (a test compares the two). A generated column is not yet
-- computed in a BEFORE trigger, so the step is checked here on the document itself.
INSERT INTO pay.transition (entity, from_s, to_s) SELECT 'setup_intent', f, t FROM (VALUES
  ('none', 'requires_payment_method'), ('none', 'requires_confirmation'), ('none', 'requires_action'),
  ('none', 'succeeded'),
  ('requires_payment_method', 'requires_confirmation'), ('requires_payment_method', 'requires_action'),
  ('requires_payment_method', 'succeeded'), ('requires_payment_method', 'canceled'),
  ('requires_confirmation', 'requires_payment_method'), ('requires_confirmation', 'requires_action'),
  ('requires_confirmation', 'succeeded'), ('requires_confirmation', 'canceled'),
  ('requires_action', 'requires_payment_method'), ('requires_action', 'requires_confirmation'),
  ('requires_action', 'succeeded'), ('requires_action', 'canceled')) v(f, t);
CREATE FUNCTION pay.t_setup_step() RETURNS trigger LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$
DECLARE f text := CASE WHEN TG_OP = 'INSERT' THEN 'none' ELSE OLD.doc->>'status' END; BEGIN
  IF f IS DISTINCT FROM NEW.doc->>'status' AND NOT EXISTS (
    SELECT FROM transition WHERE (entity, from_s, to_s) = ('setup_intent', f, NEW.doc->>'status')) THEN
    RAISE EXCEPTION 'setup_intent %: % -> % is no legal step', NEW.id, f, NEW.doc->>'status' USING ERRCODE = '23514';
  END IF;
  RETURN NEW; END $$;
REVOKE ALL ON FUNCTION pay.t_setup_step() FROM PUBLIC;
CREATE TRIGGER state BEFORE INSERT OR UPDATE ON pay.setup_intent FOR EACH ROW EXECUTE FUNCTION pay.t_setup_step();

-- The vault: a token buys one payment method. Its row stays, for the token can be looked at; what it bought has its own.
CREATE FUNCTION vault.card_facts(p_token text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT to_jsonb(c) - 'env' - 'sealed' - 'key_id' - 'token'
                 || jsonb_build_object('created', extract(epoch FROM c.created_at)::bigint)
    FROM vault.card c WHERE c.env = current_setting('app.env')::bigint AND c.token = p_token); END $$;
REVOKE ALL ON FUNCTION vault.card_facts(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.card_facts(text) TO farthing_vault;
