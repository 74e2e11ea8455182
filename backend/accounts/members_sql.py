"""Statements of members and their logins (schema core, global tables)."""

from sqlalchemy import text

MEMBER_INSERT = text("""
INSERT INTO core.member (id, account_id, email, name, password_hash, role)
VALUES (:id, :account_id, :email, :name, :password_hash, :role) ON CONFLICT (email) DO NOTHING
""")
_MEMBER = """
SELECT id, account_id, email, name, role, created_at, locked_until,
       (SELECT max(last_seen_at) FROM core.login l WHERE l.member_id = m.id) AS last_seen_at FROM core.member m
"""
MEMBER_LIST = text(_MEMBER + " WHERE account_id = :account_id ORDER BY created_at, id")
MEMBER_GET = text(_MEMBER + " WHERE email = :email")
# Whoever takes an owner away holds the account's row: two at one moment could leave it with none.
OWNERS_LOCK = text("SELECT 1 FROM core.account WHERE id = :account_id FOR NO KEY UPDATE")
OWNERS = text("SELECT count(*) FROM core.member WHERE account_id = :account_id AND role = 'owner' AND id <> :id")
ROLE_SET = text("UPDATE core.member SET role = :role WHERE id = :id")
LOGINS_END = text("UPDATE core.login SET ended_at = now() WHERE member_id = :id AND ended_at IS NULL")
LOGINS_DELETE = text("DELETE FROM core.login WHERE member_id = :id")
MEMBER_DELETE = text("DELETE FROM core.member WHERE id = :id")
WITH_ROLES = "SELECT email FROM core.member WHERE account_id = %s AND role = ANY (%s) ORDER BY created_at, id LIMIT 3"
ACCOUNT_OF = text("SELECT account_id FROM core.member WHERE email = :email")
PASSWORD_SET = text("""
UPDATE core.member SET password_hash = :password_hash, failed_logins = 0, locked_until = NULL WHERE email = :email
""")
# Counts the try before the password is looked at, so that parallel guesses cannot slip past the limit; a member who
# is locked gets no row. After the lock ran out the count starts again; a longer lock than there is tells of a clock
# that was set back.
TRY = """
UPDATE core.member
   SET failed_logins = CASE WHEN locked_until IS NULL THEN failed_logins + 1 ELSE 1 END,
       locked_until = CASE WHEN locked_until IS NULL AND failed_logins + 1 >= %(most)s THEN %(until)s::timestamptz END
 WHERE email = %(email)s AND (locked_until IS NULL OR locked_until <= %(now)s OR locked_until > %(longest)s)
RETURNING id, password_hash
"""
TALLY = "SELECT core.tally_add(%s, %s) AS count"
SUCCEED = "UPDATE core.member SET failed_logins = 0, locked_until = NULL WHERE id = %s"
LOGIN_INSERT = """
INSERT INTO core.login (token_hash, member_id, created_at, last_seen_at, expires_at, user_agent)
VALUES (%(hash)s, %(member)s, %(now)s, %(now)s, %(expires)s, %(agent)s)
"""
LOGIN_FIND = """
SELECT m.id, m.account_id, m.email, m.name, m.role, a.name AS account_name, l.last_seen_at
  FROM core.login l JOIN core.member m ON m.id = l.member_id JOIN core.account a ON a.id = m.account_id
 WHERE l.token_hash = %(hash)s AND l.ended_at IS NULL AND l.expires_at > %(now)s AND l.last_seen_at > %(idle)s
"""
LOGIN_SEEN = "UPDATE core.login SET last_seen_at = %s WHERE token_hash = %s"
LOGIN_END = "UPDATE core.login SET ended_at = %s WHERE token_hash = %s AND ended_at IS NULL"
ENVIRONMENT_FIND = "SELECT id FROM core.environment WHERE account_id = %s AND mode = %s AND name = ''"
