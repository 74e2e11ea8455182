"""A new foreign key is checked against the rows of every environment.

PostgreSQL looks at the rows that are there with one query, as the owner, whom forced row-level security binds: it sees
the rows of the session's environment only, that is none, and would call the key valid whatever the others hold. CHECK,
NOT NULL and unique indexes read the table itself and need nothing. Rows that a revision changes are changed in each
environment by `files.run_in_each`.
"""

from typing import Any

from sqlalchemy import Connection

_VALID = "SELECT oid FROM pg_constraint WHERE contype = 'f' AND convalidated"

# Runs inside the revision's transaction, whose locks let no row slip in between.
_CHECK = """
DO $check$ DECLARE c record; e bigint; bad boolean; BEGIN
  FOR c IN
    SELECT k.conname, k.conrelid::regclass AS child, k.confrelid::regclass AS parent,
           (SELECT string_agg(format('f.%I IS NOT NULL', a.attname), ' AND ')
              FROM unnest(k.conkey) n JOIN pg_attribute a ON (a.attrelid, a.attnum) = (k.conrelid, n)) AS given,
           (SELECT string_agg(format('p.%I = f.%I', b.attname, a.attname), ' AND ')
              FROM unnest(k.conkey, k.confkey) AS n(f, p)
              JOIN pg_attribute a ON (a.attrelid, a.attnum) = (k.conrelid, n.f)
              JOIN pg_attribute b ON (b.attrelid, b.attnum) = (k.confrelid, n.p)) AS same
      FROM pg_constraint k
      JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class u ON u.oid = k.confrelid
     WHERE k.oid = ANY (string_to_array('OIDS', ',')::oid[])
       AND (t.relforcerowsecurity OR u.relforcerowsecurity)
       AND (t.relkind = 'p' OR pg_relation_size(t.oid) > 0)
  LOOP
    FOR e IN SELECT id FROM core.environment ORDER BY id LOOP
      PERFORM set_config('app.env', e::text, true);
      EXECUTE format('SELECT EXISTS (SELECT FROM %s f WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s))',
                     c.child, c.given, c.parent, c.same) INTO bad;
      IF bad THEN
        RAISE EXCEPTION 'rows of % in environment % break the new foreign key %', c.child, e, c.conname
          USING ERRCODE = '23503';
      END IF;
    END LOOP;
    PERFORM set_config('app.env', '0', true);
  END LOOP;
END $check$"""


class Checked:
    """Knows the foreign keys that hold, and checks what each revision adds."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known = self._valid()
        connection.commit()

    def step(self, ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
        """Called by Alembic at the end of a revision, inside its transaction; raises when a row breaks a new key."""
        now = self._valid()
        if new := now - self._known:
            cursor = self._connection.connection.cursor()
            cursor.execute(_CHECK.replace("OIDS", ",".join(map(str, sorted(new)))))
        self._known = now

    def _valid(self) -> set[int]:
        return {row[0] for row in self._connection.exec_driver_sql(_VALID)}
