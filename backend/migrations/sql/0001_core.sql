-- Schema core: the small global tables (who exists, which keys open what). No tenant data lives here.

CREATE SCHEMA IF NOT EXISTS core;
CREATE SCHEMA IF NOT EXISTS pay;
CREATE SCHEMA IF NOT EXISTS vault;

CREATE TABLE core.account (
  id         text PRIMARY KEY COLLATE "C",
  name       text NOT NULL,
  country    char(2) NOT NULL DEFAULT 'US',
  currency   char(3) NOT NULL DEFAULT 'usd',
  created_at timestamptz NOT NULL DEFAULT now()
);

-- An environment is one account in one mode; its id is the tenant (env) of every table in pay and vault.
CREATE TABLE core.environment (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id text NOT NULL REFERENCES core.account,
  mode       text NOT NULL CHECK (mode IN ('live', 'test', 'sandbox')),
  name       text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (account_id, mode, name)
);

CREATE TABLE core.api_key (
  id           text PRIMARY KEY COLLATE "C",
  env          bigint NOT NULL REFERENCES core.environment,
  kind         text NOT NULL CHECK (kind IN ('secret', 'publishable')),
  name         text NOT NULL DEFAULT '',
  hash         bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
  prefix       text NOT NULL,
  last4        text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,
  last_used_at timestamptz
);
CREATE INDEX api_key_env ON core.api_key (env);

CREATE TABLE core.member (
  id            text PRIMARY KEY COLLATE "C",
  account_id    text NOT NULL REFERENCES core.account,
  email         text NOT NULL UNIQUE CHECK (email = lower(email)),
  name          text NOT NULL DEFAULT '',
  password_hash text NOT NULL,
  role          text NOT NULL DEFAULT 'owner',
  failed_logins int NOT NULL DEFAULT 0,
  locked_until  timestamptz,
  created_at    timestamptz NOT NULL DEFAULT now()
);

-- One row per signed-in browser; the cookie holds only a random token, of which this is the hash.
CREATE TABLE core.login (
  token_hash   bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  member_id    text NOT NULL REFERENCES core.member,
  created_at   timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  ended_at     timestamptz,
  user_agent   text NOT NULL DEFAULT ''
);

CREATE FUNCTION core.api_key_find(p_hash bytea)
RETURNS TABLE (env bigint, account_id text, account_name text, kind text, livemode boolean, key_id text,
               expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = core, pg_temp AS $$
  SELECT k.env, a.id, a.name, k.kind, e.mode = 'live', k.id, k.expires_at
    FROM core.api_key k JOIN core.environment e ON e.id = k.env JOIN core.account a ON a.id = e.account_id
   WHERE k.hash = p_hash $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA core FROM PUBLIC;
GRANT USAGE ON SCHEMA core TO farthing_app, farthing_vault, farthing_auditor;
GRANT USAGE ON SCHEMA pay TO farthing_app, farthing_auditor;
GRANT USAGE ON SCHEMA vault TO farthing_vault;
GRANT EXECUTE ON FUNCTION core.api_key_find(bytea) TO farthing_app, farthing_vault;
GRANT SELECT, INSERT ON core.account, core.environment, core.api_key, core.member, core.login TO farthing_app;
GRANT UPDATE (last_used_at, expires_at) ON core.api_key TO farthing_app;
GRANT UPDATE ON core.member, core.login TO farthing_app;
GRANT SELECT ON core.account, core.environment TO farthing_auditor;

-- Every tenant table gets the same second wall: forced row-level security on env, and the same readers.
CREATE FUNCTION core.protect(p_table regclass, p_append_only boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SET search_path = core, pg_temp AS $$ BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', p_table);
  EXECUTE format('CREATE POLICY tenant ON %s USING (env = current_setting(''app.env'')::bigint)
                  WITH CHECK (env = current_setting(''app.env'')::bigint)', p_table);
  EXECUTE format('GRANT SELECT ON %s TO farthing_app, farthing_auditor', p_table);
  IF p_append_only THEN
    EXECUTE format('CREATE TRIGGER imm BEFORE UPDATE OR DELETE ON %s FOR EACH ROW
                    EXECUTE FUNCTION core.t_immutable()', p_table);
    EXECUTE format('CREATE TRIGGER immt BEFORE TRUNCATE ON %s FOR EACH STATEMENT
                    EXECUTE FUNCTION core.t_immutable()', p_table);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER imm, ENABLE ALWAYS TRIGGER immt', p_table);
  END IF; END $$;

CREATE FUNCTION core.t_immutable() RETURNS trigger LANGUAGE plpgsql SET search_path = core, pg_temp AS $$ BEGIN
  RAISE EXCEPTION 'immutable: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = '23001'; END $$;
REVOKE ALL ON FUNCTION core.protect(regclass, boolean), core.t_immutable() FROM PUBLIC;
