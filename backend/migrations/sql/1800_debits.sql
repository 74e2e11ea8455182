-- Bank accounts as payment methods: their public facts beside the cards', their numbers sealed in the vault.

ALTER TABLE pay.payment_method
  DROP CONSTRAINT payment_method_type_check,
  ADD CONSTRAINT payment_method_type_check CHECK (type IN ('card', 'us_bank_account', 'sepa_debit')),
  ALTER COLUMN card DROP NOT NULL,
  ADD COLUMN bank jsonb,               -- public facts only: bank, country, last4, fingerprint, holder, verified
  ADD CHECK ((type = 'card') = (card IS NOT NULL)), ADD CHECK ((type = 'card') = (bank IS NULL));

-- Which customer's word a debit was sent on.
ALTER TABLE pay.attempt ADD COLUMN mandate_id text COLLATE "C";
ALTER TABLE pay.refund ADD COLUMN method_type text;

CREATE TABLE vault.bank_account (
  env             bigint   NOT NULL,
  token           text     NOT NULL COLLATE "C",
  account         text     NOT NULL COLLATE "C",
  created_at      timestamptz NOT NULL DEFAULT now(),
  key_id          text     NOT NULL COLLATE "C",                       -- guarded by bank_keep and key_destroy
  sealed          bytea    NOT NULL CHECK (length(sealed) BETWEEN 32 AND 62),  -- nonce 12, number 4 to 34, tag 16
  facts           jsonb    NOT NULL,
  PRIMARY KEY (env, token)
);
CREATE INDEX bank_account_key ON vault.bank_account (env, key_id);
ALTER TABLE vault.bank_account ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON vault.bank_account USING (env = current_setting('app.env')::bigint)
                                      WITH CHECK (env = current_setting('app.env')::bigint);

CREATE FUNCTION vault.bank_keep(p_token text, p_key text, p_account text, p_sealed bytea, p_facts jsonb)
RETURNS boolean LANGUAGE plpgsql AS $$ DECLARE v_env bigint := current_setting('app.env')::bigint; BEGIN
  PERFORM vault.key_lock(p_key, true);
  IF NOT EXISTS (SELECT FROM vault.key WHERE env = v_env AND id = p_key AND state IN ('active', 'decrypt_only')) THEN
    RETURN false;
  END IF;
  INSERT INTO vault.bank_account (env, token, account, key_id, sealed, facts)
  VALUES (v_env, p_token, p_account, p_key, p_sealed, p_facts);
  RETURN true; END $$;

-- What a debit needs: key id, sealed number (base64), facts.
CREATE FUNCTION vault.bank_open(p_token text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT jsonb_build_object('key_id', b.key_id, 'sealed', encode(b.sealed, 'base64'), 'facts', b.facts)
    FROM vault.bank_account b WHERE b.env = current_setting('app.env')::bigint AND b.token = p_token); END $$;

-- The next three replace those of 0020_vault.sql: keys seal bank accounts, too.
CREATE OR REPLACE FUNCTION vault.key_destroy(p_id text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE v_env bigint := current_setting('app.env')::bigint; BEGIN
  PERFORM vault.key_lock(p_id, false);
  UPDATE vault.key SET state = 'destroyed', wrapped = NULL, destroyed_at = now()
   WHERE env = v_env AND id = p_id AND state = 'decrypt_only'
     AND NOT EXISTS (SELECT FROM vault.card c WHERE c.env = v_env AND c.key_id = p_id)
     AND NOT EXISTS (SELECT FROM vault.bank_account b WHERE b.env = v_env AND b.key_id = p_id);
  RETURN FOUND; END $$;

CREATE OR REPLACE FUNCTION vault.cards_under(p_key text, p_limit int) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT coalesce(jsonb_agg(jsonb_build_array(c.token, encode(c.sealed, 'base64'))), '[]'::jsonb) FROM (
    SELECT token, sealed FROM vault.card WHERE env = current_setting('app.env')::bigint AND key_id = p_key
    UNION ALL
    SELECT token, sealed FROM vault.bank_account WHERE env = current_setting('app.env')::bigint AND key_id = p_key
    LIMIT p_limit) c); END $$;

CREATE OR REPLACE FUNCTION vault.card_reseal(p_token text, p_from text, p_key text, p_sealed bytea) RETURNS boolean
LANGUAGE plpgsql AS $$ DECLARE v_env bigint := current_setting('app.env')::bigint; BEGIN
  PERFORM vault.key_lock(p_key, true);
  IF NOT EXISTS (SELECT FROM vault.key WHERE env = v_env AND id = p_key AND state = 'active') THEN
    RETURN false; END IF;
  UPDATE vault.card SET key_id = p_key, sealed = p_sealed
   WHERE env = v_env AND token = p_token AND key_id = p_from;
  IF FOUND THEN RETURN true; END IF;
  UPDATE vault.bank_account SET key_id = p_key, sealed = p_sealed
   WHERE env = v_env AND token = p_token AND key_id = p_from;
  RETURN FOUND; END $$;

REVOKE ALL ON FUNCTION vault.bank_keep(text, text, text, bytea, jsonb), vault.bank_open(text) FROM PUBLIC;
REVOKE ALL ON vault.bank_account FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.bank_keep(text, text, text, bytea, jsonb), vault.bank_open(text) TO farthing_vault;
GRANT SELECT, INSERT ON vault.bank_account TO farthing_vault;
GRANT UPDATE (key_id, sealed) ON vault.bank_account TO farthing_vault;

-- Disputes and early fraud warnings. A charge says what comes after it where a test card makes that known beforehand.
ALTER TABLE pay.charge ADD COLUMN scenario text, ADD COLUMN disputed boolean;
SELECT core.resource_table(t) FROM unnest(ARRAY['dispute', 'early_fraud_warning']) t;
SELECT set_config('app.env', '0', true);
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['dispute', 'early_fraud_warning'] LOOP
    EXECUTE format($f$ALTER TABLE pay.%1$I
      ADD COLUMN charge_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (doc->>'charge') STORED,
      ADD COLUMN payment_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (doc->>'payment_intent') STORED,
      ADD FOREIGN KEY (env, charge_id) REFERENCES pay.charge (env, id);
      CREATE INDEX %2$I ON pay.%1$I (env, charge_id);
      CREATE INDEX %3$I ON pay.%1$I (env, payment_id)$f$, t, t || '_charge', t || '_payment');
  END LOOP; END $$;

-- Replaces that of 0004_webhooks.sql: a charge that something comes after is awaited, too.
CREATE OR REPLACE FUNCTION pay.event_awaited(e pay.event, p_types text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pay, pg_temp AS $$ BEGIN
  IF NOT e.type = ANY (p_types) THEN RETURN false; END IF;
  IF starts_with(e.type, 'charge.') THEN
    RETURN EXISTS (SELECT 1 FROM charge c WHERE c.env = e.env AND c.id = e.object_id AND c.scenario IS NOT NULL);
  END IF;
  RETURN EXISTS (
    SELECT 1 FROM payment p WHERE p.env = e.env AND p.id = e.object_id AND p.checkout_session_id IS NOT NULL);
END $$;
