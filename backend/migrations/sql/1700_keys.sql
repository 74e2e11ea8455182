-- Restricted keys, lists of addresses, what a key was last used from, and what an account asks of its keys.

ALTER TABLE core.api_key DROP CONSTRAINT api_key_kind_check,
  ADD CONSTRAINT api_key_kind_check CHECK (kind IN ('secret', 'publishable', 'restricted')),
  ADD COLUMN permissions jsonb NOT NULL DEFAULT '{}',      -- {resource: read | write}; of restricted keys
  ADD COLUMN allowed_ips text[] NOT NULL DEFAULT '{}',     -- networks; from anywhere when empty
  ADD COLUMN last_used_ip text,
  ADD COLUMN rolled_to text COLLATE "C";                   -- the key that replaced this one
ALTER TABLE core.account ADD COLUMN api_version text;      -- the newest when null
ALTER TABLE core.environment ADD COLUMN rate_tier text;    -- the mode's own when null

CREATE FUNCTION core.api_key_open(p_hash bytea)
RETURNS TABLE (env bigint, account_id text, account_name text, kind text, livemode boolean, key_id text,
               expires_at timestamptz, permissions jsonb, allowed_ips text[], api_version text, rate_tier text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = core, pg_temp AS $$
  SELECT k.env, a.id, a.name, k.kind, e.mode = 'live', k.id, k.expires_at, k.permissions, k.allowed_ips, a.api_version,
         e.rate_tier
    FROM core.api_key k JOIN core.environment e ON e.id = k.env JOIN core.account a ON a.id = e.account_id
   WHERE k.hash = p_hash $$;
REVOKE ALL ON FUNCTION core.api_key_open(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.api_key_open(bytea) TO farthing_app;
GRANT UPDATE (name, permissions, allowed_ips, rolled_to) ON core.api_key TO farthing_app;
GRANT UPDATE (api_version) ON core.account TO farthing_app;
GRANT UPDATE (rate_tier) ON core.environment TO farthing_app;

-- Notes the uses of keys of any environment ({id, at, ip}), and can do nothing else to them.
DROP FUNCTION core.api_keys_used(text[]);
CREATE FUNCTION core.api_keys_used(p_uses jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = core, pg_temp AS $$
  UPDATE api_key k SET last_used_at = greatest(k.last_used_at, u.at), last_used_ip = u.ip
    FROM jsonb_to_recordset(p_uses) AS u(id text, at timestamptz, ip text) WHERE k.id = u.id $$;
REVOKE ALL ON FUNCTION core.api_keys_used(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.api_keys_used(jsonb) TO farthing_app;

-- What a key may do is as much worth a line in the audit trail as that it exists.
DROP TRIGGER audit_born ON core.api_key;
DROP TRIGGER audit_moved ON core.api_key;
DROP TRIGGER audit_gone ON core.api_key;
DROP TRIGGER audit_emptied ON core.api_key;
DROP FUNCTION pay.audit_core_api_key_born(), pay.audit_core_api_key_moved(), pay.audit_core_api_key_gone();
SELECT pay.keep_audit('core.api_key', '{kind,prefix,last4,expires_at,permissions,allowed_ips,rolled_to}', '{hash,name}');
