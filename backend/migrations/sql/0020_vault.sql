-- Schema vault: sealed card numbers and the wrapped keys that open them. Only farthing_vault may come near
-- (security rules 12, 15, 16); the key that wraps the keys never enters the database.

CREATE TABLE vault.key (
  env           bigint NOT NULL,
  id            text   NOT NULL COLLATE "C",
  month         date   NOT NULL CHECK (extract(day FROM month) = 1),
  state         text   NOT NULL CHECK (state IN ('pending', 'active', 'decrypt_only', 'destroyed')),
  wrapped       bytea,                                                 -- the data key, sealed under `kek`
  kek           text   NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  active_at     timestamptz,
  retire_by     timestamptz NOT NULL,
  destroyed_at  timestamptz,
  PRIMARY KEY (env, id),
  CHECK ((state = 'destroyed') = (wrapped IS NULL)),
  CHECK ((state = 'destroyed') = (destroyed_at IS NOT NULL))
);
CREATE UNIQUE INDEX one_active_key ON vault.key (env) WHERE state = 'active';

CREATE TABLE vault.card (
  env             bigint   NOT NULL,
  token           text     NOT NULL COLLATE "C",
  account         text     NOT NULL COLLATE "C",
  created_at      timestamptz NOT NULL,
  key_id          text     NOT NULL COLLATE "C",                       -- guarded by card_keep and key_destroy
  sealed          bytea    NOT NULL CHECK (length(sealed) BETWEEN 40 AND 47),  -- nonce 12, number 12 to 19, tag 16
  last4           char(4)  NOT NULL,
  brand           text     NOT NULL CHECK (brand IN ('visa', 'mastercard', 'amex', 'discover', 'diners', 'jcb',
                                                     'unionpay', 'eftpos_au', 'unknown')),
  exp_month       smallint NOT NULL CHECK (exp_month BETWEEN 1 AND 12),
  exp_year        smallint NOT NULL,
  country         char(2)  NOT NULL,
  funding         text     NOT NULL CHECK (funding IN ('credit', 'debit', 'prepaid', 'unknown')),
  fingerprint     char(16) NOT NULL COLLATE "C",
  networks        jsonb    NOT NULL,
  three_ds        text     NOT NULL CHECK (three_ds IN ('required', 'required_on_setup', 'set_up', 'optional',
                                                        'not_enrolled', 'not_supported')),
  allow_redisplay text     NOT NULL CHECK (allow_redisplay IN ('always', 'limited', 'unspecified')),
  billing_details jsonb    NOT NULL,
  metadata        jsonb    NOT NULL,
  PRIMARY KEY (env, token)
);
CREATE INDEX card_key ON vault.card (env, key_id);

ALTER TABLE vault.key  ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE vault.card ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON vault.key  USING (env = current_setting('app.env')::bigint)
                              WITH CHECK (env = current_setting('app.env')::bigint);
CREATE POLICY tenant ON vault.card USING (env = current_setting('app.env')::bigint)
                              WITH CHECK (env = current_setting('app.env')::bigint);

-- All functions run with the caller's rights (the vault's), so the walls above hold inside them too. They are
-- plpgsql because its statements are planned when they first run, when app.env is bound.

-- Whoever seals with a key and whoever destroys it take this lock, so that no card is left without its key.
CREATE FUNCTION vault.key_lock(p_id text, p_shared boolean) RETURNS void
LANGUAGE plpgsql SET search_path = vault, pg_temp AS $$ BEGIN
  IF p_shared THEN PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_id, 20));
  ELSE PERFORM pg_advisory_xact_lock(hashtextextended(p_id, 20)); END IF; END $$;

CREATE FUNCTION vault.key_json(k vault.key) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('id', k.id, 'month', to_char(k.month, 'YYYY-MM-DD'), 'state', k.state, 'kek', k.kek,
                            'wrapped', encode(k.wrapped, 'base64')) $$;

CREATE FUNCTION vault.key_active() RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ DECLARE k vault.key; BEGIN
  SELECT * INTO k FROM vault.key
   WHERE env = current_setting('app.env')::bigint AND state = 'active';
  RETURN CASE WHEN FOUND THEN vault.key_json(k) END; END $$;

CREATE FUNCTION vault.key_get(p_id text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ DECLARE k vault.key; BEGIN
  SELECT * INTO k FROM vault.key WHERE env = current_setting('app.env')::bigint AND id = p_id;
  RETURN CASE WHEN FOUND THEN vault.key_json(k) END; END $$;

-- A new key takes over: the active one becomes decrypt_only. When `p_unless` names the key that the caller saw as
-- active (NULL for none) and another has come meanwhile, that one stays. Answers the key that is active now.
CREATE FUNCTION vault.key_activate(p_id text, p_month date, p_wrapped bytea, p_kek text, p_retire_by timestamptz,
                                   p_unless text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE v_env bigint := current_setting('app.env')::bigint; now_active text; BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('active', v_env));
  SELECT id INTO now_active FROM vault.key WHERE env = v_env AND state = 'active';
  IF now_active IS NOT DISTINCT FROM p_unless THEN
    INSERT INTO vault.key (env, id, month, state, wrapped, kek, retire_by)
    VALUES (v_env, p_id, p_month, 'pending', p_wrapped, p_kek, p_retire_by);
    UPDATE vault.key SET state = 'decrypt_only' WHERE env = v_env AND state = 'active';
    UPDATE vault.key SET state = 'active', active_at = now() WHERE env = v_env AND id = p_id;
  END IF;
  RETURN vault.key_active(); END $$;

-- Destroys a decrypt_only key that seals no card any more; false when it still does.
CREATE FUNCTION vault.key_destroy(p_id text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE v_env bigint := current_setting('app.env')::bigint; BEGIN
  PERFORM vault.key_lock(p_id, false);
  UPDATE vault.key SET state = 'destroyed', wrapped = NULL, destroyed_at = now()
   WHERE env = v_env AND id = p_id AND state = 'decrypt_only'
     AND NOT EXISTS (SELECT FROM vault.card c WHERE c.env = v_env AND c.key_id = p_id);
  RETURN FOUND; END $$;

-- The same data key under another KEK (rotation of the KEK itself).
CREATE FUNCTION vault.key_rewrap(p_id text, p_from text, p_wrapped bytea, p_kek text) RETURNS boolean
LANGUAGE plpgsql AS $$ BEGIN
  UPDATE vault.key SET wrapped = p_wrapped, kek = p_kek
   WHERE env = current_setting('app.env')::bigint AND id = p_id AND kek = p_from AND state <> 'destroyed';
  RETURN FOUND; END $$;

CREATE FUNCTION vault.card_keep(p_token text, p_key text, p_sealed bytea, p jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE v_env bigint := current_setting('app.env')::bigint; BEGIN
  PERFORM vault.key_lock(p_key, true);
  IF NOT EXISTS (SELECT FROM vault.key WHERE env = v_env AND id = p_key AND state IN ('active', 'decrypt_only')) THEN
    RETURN false;
  END IF;
  INSERT INTO vault.card (env, token, account, created_at, key_id, sealed, last4, brand, exp_month, exp_year, country,
                          funding, fingerprint, networks, three_ds, allow_redisplay, billing_details, metadata)
  VALUES (v_env, p_token, p->>'account', to_timestamp((p->>'created')::bigint), p_key, p_sealed, p->>'last4',
          p->>'brand', (p->>'exp_month')::smallint, (p->>'exp_year')::smallint, p->>'country', p->>'funding',
          p->>'fingerprint', p->'networks', p->>'three_ds', p->>'allow_redisplay', p->'billing_details',
          p->'metadata');
  RETURN true; END $$;

-- What may be shown of a card: everything but its number.
CREATE FUNCTION vault.card_describe(p_token text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT jsonb_build_object(
      'created', extract(epoch FROM c.created_at)::bigint, 'last4', c.last4, 'brand', c.brand,
      'exp_month', c.exp_month, 'exp_year', c.exp_year, 'country', c.country, 'funding', c.funding,
      'fingerprint', c.fingerprint, 'networks', c.networks, 'three_ds', c.three_ds,
      'allow_redisplay', c.allow_redisplay, 'billing_details', c.billing_details, 'metadata', c.metadata)
    FROM vault.card c WHERE c.env = current_setting('app.env')::bigint AND c.token = p_token); END $$;

-- What an authorisation needs, as one text so that it costs one round trip:
-- key id, sealed number (base64), expiry month and year, postal code, address line 1.
CREATE FUNCTION vault.card_open(p_token text) RETURNS text[] LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT ARRAY[c.key_id, encode(c.sealed, 'base64'), c.exp_month::text, c.exp_year::text,
                       c.billing_details->'address'->>'postal_code', c.billing_details->'address'->>'line1']
    FROM vault.card c WHERE c.env = current_setting('app.env')::bigint AND c.token = p_token); END $$;

-- Re-encryption in small steps that need no resume marker: the cards that still lie under an old key are the rest.
CREATE FUNCTION vault.cards_under(p_key text, p_limit int) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT coalesce(jsonb_agg(jsonb_build_array(c.token, encode(c.sealed, 'base64'))), '[]'::jsonb)
    FROM (SELECT token, sealed FROM vault.card
           WHERE env = current_setting('app.env')::bigint AND key_id = p_key LIMIT p_limit) c); END $$;

CREATE FUNCTION vault.card_reseal(p_token text, p_from text, p_key text, p_sealed bytea) RETURNS boolean
LANGUAGE plpgsql AS $$ DECLARE v_env bigint := current_setting('app.env')::bigint; BEGIN
  PERFORM vault.key_lock(p_key, true);
  UPDATE vault.card SET key_id = p_key, sealed = p_sealed
   WHERE env = v_env AND token = p_token AND key_id = p_from
     AND EXISTS (SELECT FROM vault.key WHERE env = v_env AND id = p_key AND state = 'active');
  RETURN FOUND; END $$;

CREATE FUNCTION vault.keys() RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (SELECT coalesce(jsonb_agg(vault.key_json(k) ORDER BY k.created_at, k.id), '[]'::jsonb)
    FROM vault.key k WHERE k.env = current_setting('app.env')::bigint); END $$;

-- Whose environment this is; the one look that the vault takes outside its schema, besides core.api_key_find.
CREATE FUNCTION vault.environment(p_env bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = core, pg_temp AS $$
  SELECT jsonb_build_object('account', account_id, 'livemode', mode = 'live') FROM environment WHERE id = p_env $$;

CREATE FUNCTION vault.environments() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = core, pg_temp AS $$
  SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM environment $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA vault FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA vault FROM PUBLIC;
GRANT USAGE ON SCHEMA vault TO farthing_vault;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA vault TO farthing_vault;
GRANT SELECT, INSERT ON vault.key, vault.card TO farthing_vault;
GRANT UPDATE (state, active_at, destroyed_at, wrapped, kek) ON vault.key TO farthing_vault;
GRANT UPDATE (key_id, sealed) ON vault.card TO farthing_vault;
