"""Were every `WHERE env` forgotten, the database would still show a merchant nothing of another (E21)."""

from pathlib import Path
from typing import Any

import psycopg

from backend.stack import roles
from tests import books
from tests.stack import Schema

WORLD = Path(__file__).with_name("world.sql")
TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'env'
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace = %s::regnamespace ORDER BY 1
"""


def _counts(link: psycopg.Connection[Any], tables: list[str]) -> dict[str, int]:
    """Table -> the rows of others that a query without a filter brings, seen from environment 2."""
    found = {}
    for table in tables:
        row = link.execute(f"SELECT count(*) FROM {table} WHERE env IS DISTINCT FROM 2").fetchone()
        assert row
        found[table] = int(row[0])
    return found


def test_a_query_without_a_filter_brings_nothing_of_another_merchant(postgres: Schema) -> None:
    urls = postgres.fresh()
    with psycopg.connect(books.superuser(postgres.server, urls)) as link:
        link.execute("SET session_replication_role = replica")
        link.execute(WORLD.read_bytes())
    probes = rows = 0
    for url, role, schema in ((urls.app, roles.APP, "pay"), (urls.vault, roles.VAULT, "vault")):
        with psycopg.connect(books.superuser(postgres.server, urls), autocommit=True) as link:
            tables = [name for (name,) in link.execute(TABLES, (schema,)).fetchall()]
            readable = [name for name in tables if link.execute(
                "SELECT has_table_privilege(%s, %s, 'SELECT')", (role, name)).fetchone() == (True,)]
            there = _counts(link, readable)
        with psycopg.connect(url, autocommit=True) as link:
            link.execute("SELECT set_config('app.env', '2', false)")
            leaks = {name: count for name, count in _counts(link, readable).items() if count}
        assert leaks == {}
        probes, rows = probes + len(readable), rows + sum(there.values())
    assert probes > 15
    assert rows > 40, "the world is too empty to prove anything"
    print(f"\nfilter removed: leaks 0 of {probes} tables, in which {rows} rows of others lie")
