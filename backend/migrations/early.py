"""Databases that stood at the first revision before that was whole: its files were still changed for some days.

Such a database is made anew beside itself: its schemas step aside, the first revision's files run, and every row is
copied into the table of its name. It happens inside the next revision's transaction, so it is done whole or not at all.
"""

from typing import Any

from alembic import op

from backend.migrations.files import run

FIRST = ("0001_core.sql", "0002_ledger.sql", "0003_events.sql", "0004_webhooks.sql", "0010_payments.sql",
         "0015_reconciliation.sql", "0016_refunds.sql", "0020_vault.sql", "0030_checkout.sql", "0040_orphans.sql",
         "0040_routing.sql", "0050_audit.sql")
"""The first revision: a list that is closed, for a new file would reach fresh databases only."""

WHOLE = "aa1a1c596cdf932b1c8e7266a158318a"
"""What _PRINT says of a database that the files above have made (a test says so)."""

_PRINT = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line COLLATE "C")) FROM (
  SELECT n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ') ' || p.prosrc
         || coalesce(p.proconfig::text, '') || has_function_privilege('public', p.oid, 'EXECUTE') AS line
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('core', 'pay', 'vault')
  UNION ALL
  SELECT n.nspname || '.' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
         || a.attnotnull
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname IN ('core', 'pay', 'vault') AND c.relkind = 'r' AND c.relname <> 'alembic_version'
     AND a.attnum > 0 AND NOT a.attisdropped) lines"""

_ASIDE = """
ALTER SCHEMA core RENAME TO was_core; ALTER SCHEMA pay RENAME TO was_pay; ALTER SCHEMA vault RENAME TO was_vault;
CREATE SCHEMA core; ALTER TABLE was_core.alembic_version SET SCHEMA core"""

# Tables in the order of their making, so that whom a row refers to is there before it; attempts last, for a later file
# lets them refer to refunds. Triggers are off, but for those that tell a trail without a beginning what is there.
_COPY = """
DO $copy$ DECLARE t record; g record; has text; told boolean := to_regclass('was_pay.audit') IS NOT NULL; BEGIN
  FOR t IN SELECT c.oid, c.oid::regclass AS new, w.oid::regclass AS old, c.relforcerowsecurity AS forced
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_class w ON w.relname = c.relname AND w.relnamespace = to_regnamespace('was_' || n.nspname)
            WHERE n.nspname IN ('core', 'pay', 'vault') AND c.relkind = 'r' AND c.relname <> 'transition'
            ORDER BY c.relname = 'attempt', c.oid LOOP
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', t.old);
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', t.new);
    FOR g IN SELECT tgname FROM pg_trigger WHERE tgrelid = t.oid AND NOT tgisinternal
                AND (told OR tgname <> 'audit_born') LOOP
      EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', t.new, g.tgname);
    END LOOP;
    SELECT string_agg(quote_ident(a.attname), ', ') INTO has
      FROM pg_attribute a JOIN pg_attribute b ON b.attrelid = t.old AND b.attname = a.attname AND NOT b.attisdropped
     WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
    EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s', t.new, has, has, t.old);
    FOR g IN SELECT attname, pg_get_serial_sequence(t.new::text, attname) AS sequence FROM pg_attribute
              WHERE attrelid = t.oid AND attidentity <> '' LOOP
      EXECUTE format('SELECT setval(%L, coalesce(max(%I), 0) + 1, false) FROM %s', g.sequence, g.attname, t.new);
    END LOOP;
    IF t.forced THEN EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.new); END IF;
  END LOOP; END $copy$"""


def first() -> None:
    """Make the first revision in an empty database."""
    run(*FIRST)


def complete() -> None:
    """Make the first revision whole where it is an early one; nothing to do where it is."""
    cursor: Any = op.get_bind().connection.cursor()
    if cursor.execute(_PRINT).fetchone() == (WHOLE,):
        return
    cursor.execute(_ASIDE)
    first()
    states = cursor.execute("SELECT tgrelid::regclass::text, quote_ident(tgname), tgenabled FROM pg_trigger "
                            "WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')").fetchall()
    cursor.execute(_COPY)
    for table, trigger, state in states:
        cursor.execute(f"ALTER TABLE {table} ENABLE {'ALWAYS ' if state == 'A' else ''}TRIGGER {trigger}")
    cursor.execute("DROP SCHEMA was_core, was_pay, was_vault CASCADE")
