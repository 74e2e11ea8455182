"""Statements of accounts, environments and API keys (schema core, global tables)."""

from sqlalchemy import text

KEY_OPEN = "SELECT * FROM core.api_key_open(%s)"
KEY_EXISTS = text("SELECT EXISTS (SELECT 1 FROM core.api_key_find(:hash))")
KEY_USED = "SELECT core.api_keys_used(%s::jsonb)"
KEY_BIND = text("SELECT set_config('app.env', :env, true)")
KEY_INSERT = text("""
INSERT INTO core.api_key (id, env, kind, name, hash, prefix, last4, permissions, allowed_ips, expires_at)
VALUES (:id, :env, :kind, :name, :hash, :prefix, :last4, CAST(:permissions AS jsonb), :allowed_ips, :expires_at)
""")
_KEY = """
SELECT id, kind, name, prefix, last4, created_at, expires_at, last_used_at, last_used_ip, permissions, allowed_ips,
       rolled_to, expires_at <= :now AS expired, sealed IS NOT NULL AS kept FROM core.api_key
"""
KEY_LIST = text(_KEY + """
 WHERE env = :env AND (expires_at IS NULL OR expires_at > CAST(:now AS timestamptz) - interval '30 days')
 ORDER BY expires_at IS NOT NULL, created_at, id
""")
KEY_GET = text(_KEY + " WHERE env = :env AND id = :id")
KEY_LOCK = text(_KEY + " WHERE env = :env AND id = :id FOR UPDATE")
KEY_UPDATE = text("""
UPDATE core.api_key SET name = :name, permissions = CAST(:permissions AS jsonb), allowed_ips = :allowed_ips
 WHERE env = :env AND id = :id
""")
KEY_EXPIRE = text("""
UPDATE core.api_key SET expires_at = least(expires_at, CAST(:at AS timestamptz)), rolled_to = coalesce(:to, rolled_to)
 WHERE env = :env AND id = :id
""")
KEY_KEEP = text("UPDATE core.api_key SET sealed = :sealed WHERE env = :env AND hash = :hash")
KEY_SHOW = text("""
UPDATE core.api_key SET shown_at = :now
 WHERE env = :env AND id = :id AND sealed IS NOT NULL AND (expires_at IS NULL OR expires_at > :now) RETURNING sealed
""")
KEY_OWN = text("""
SELECT sealed FROM core.api_key WHERE env = :env AND kind = 'secret' AND sealed IS NOT NULL AND expires_at IS NULL
   AND allowed_ips = '{}' ORDER BY created_at, id LIMIT 1
""")
ACCOUNT_VERSION = """
SELECT api_version FROM core.account WHERE id = %s
"""
ACCOUNT_SET_VERSION = "UPDATE core.account SET api_version = %s WHERE id = %s"
ENVIRONMENT_SET_TIER = "UPDATE core.environment SET rate_tier = %s WHERE id = %s"
ACCOUNT_INSERT = text("INSERT INTO core.account (id, name, country, currency) VALUES (:id, :name, :country, :currency)")
ACCOUNT_GET = text("""
SELECT id, name, country, currency, to_jsonb(created_at)#>>'{}' AS created_at FROM core.account WHERE id = :id
""")
_ACCOUNT = "SELECT id, name, country, currency, created_at FROM core.account"
ACCOUNT_FIND = text(f"{_ACCOUNT} WHERE id = :which OR name = :which ORDER BY id <> :which, created_at, id")
ACCOUNT_LIST = text(f"{_ACCOUNT} ORDER BY created_at, id")
ACCOUNT_RENAME = text("UPDATE core.account SET name = :name WHERE id = :id")
ENVIRONMENT_INSERT = text("""
INSERT INTO core.environment (account_id, mode, name) VALUES (:account_id, :mode, :name)
ON CONFLICT DO NOTHING RETURNING id
""")
ENVIRONMENT_LIST = text("""
SELECT id AS env, mode, name, created_at FROM core.environment WHERE account_id = :account_id ORDER BY id
""")
ENVIRONMENT_GET = """
SELECT e.id AS env, e.mode, e.name, e.try_twice, e.receipts, a.id AS account_id, a.name AS account_name, a.country,
       a.currency,
       (SELECT p.doc FROM pay.account_profile p WHERE p.env = e.id AND p.id = a.id) AS profile
  FROM core.environment e JOIN core.account a ON a.id = e.account_id WHERE e.id = %s
"""
ENVIRONMENT_OF_ACCOUNT = text("""
SELECT id FROM core.environment WHERE account_id = :account_id AND mode = :mode AND name = ''
""")
ENVIRONMENT_TRY_TWICE = "UPDATE core.environment SET try_twice = %s WHERE id = %s"
ENVIRONMENT_RECEIPTS = text("UPDATE core.environment SET receipts = :sent WHERE id = :env")
ENVIRONMENTS = "SELECT id FROM core.environment ORDER BY id"
CLOCKS = "SELECT env, ahead FROM core.clocks_ahead()"
CLOCK_GET = text("SELECT mode, clock_ahead FROM core.environment WHERE id = :env")
CLOCK_LOCK = text("SELECT mode, clock_ahead FROM core.environment WHERE id = :env FOR NO KEY UPDATE")
CLOCK_SET = text("UPDATE core.environment SET clock_ahead = CAST(:ahead AS interval) WHERE id = :env")
