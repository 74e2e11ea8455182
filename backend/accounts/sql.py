"""Statements of accounts, environments and API keys (schema core, global tables)."""

from sqlalchemy import text

KEY_FIND = "SELECT * FROM core.api_key_find(%s)"
KEY_EXISTS = text("SELECT EXISTS (SELECT 1 FROM core.api_key_find(:hash))")
KEY_USED = "UPDATE core.api_key SET last_used_at = now() WHERE id = ANY(%s)"
KEY_INSERT = text("""
INSERT INTO core.api_key (id, env, kind, name, hash, prefix, last4)
VALUES (:id, :env, :kind, :name, :hash, :prefix, :last4)
""")
KEY_LIST = text("""
SELECT id, kind, name, prefix, last4, created_at, expires_at, last_used_at
  FROM core.api_key WHERE env = :env ORDER BY created_at, id
""")
KEY_EXPIRE = text("UPDATE core.api_key SET expires_at = :at WHERE env = :env AND id = :id")
ACCOUNT_INSERT = text("INSERT INTO core.account (id, name, country, currency) VALUES (:id, :name, :country, :currency)")
ACCOUNT_GET = text("""
SELECT id, name, country, currency, to_jsonb(created_at)#>>'{}' AS created_at FROM core.account WHERE id = :id
""")
ENVIRONMENT_INSERT = text("""
INSERT INTO core.environment (account_id, mode, name) VALUES (:account_id, :mode, :name) RETURNING id
""")
ENVIRONMENT_GET = """
SELECT e.id AS env, e.mode, e.try_twice, a.id AS account_id, a.name AS account_name, a.country, a.currency
  FROM core.environment e JOIN core.account a ON a.id = e.account_id WHERE e.id = %s
"""
ENVIRONMENT_OF_ACCOUNT = text("""
SELECT id FROM core.environment WHERE account_id = :account_id AND mode = :mode AND name = ''
""")
ENVIRONMENT_TRY_TWICE = "UPDATE core.environment SET try_twice = %s WHERE id = %s"
ENVIRONMENTS = "SELECT id FROM core.environment ORDER BY id"
