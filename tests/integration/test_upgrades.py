"""A database of any earlier revision is upgraded where it stands: its rows stay, are used on, and no key is unchecked.

`revisions/<name>.sql` holds rows of the tables that the revision of that name brought, for two merchants.
"""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg import sql

import api.app
from backend import migrations
from backend.config import Settings
from backend.context import Runtime
from backend.db import Database
from backend.jobs import Doorbell
from backend.migrations import early, files, revisions
from backend.networks.link import VaultLink
from backend.reconciliation import invariants
from backend.stack import postgres as server
from backend.stack import roles
from backend.stack.postgres import SUPERUSER
from tests import books
from tests.stack import Schema

ROWS = Path(__file__).with_name("revisions")
EARLIER = revisions.known()[:-1]
TABLES = """
SELECT c.relnamespace::regnamespace::text, c.relname FROM pg_class c
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND c.relname NOT IN ('alembic_version', 'transition', 'definition')
   AND c.relnamespace::regnamespace::text IN ('core', 'pay', 'vault') ORDER BY 1, 2"""
CUT = {("pay", "file_content")}
"""Tables whose rows lie in another one now; what became of them has a test of its own."""
GROW = {("pay", "audit"), ("pay", "due")}
"""An upgrade may be told in the trail, and what waits gets its timers."""
Table = tuple[str, str]
KEYS = {"sk_test_upgraded": ("pi_100", "cus_1"), "sk_test_upgraded_two": ("pi_200", "cus_1")}
LISTS = ("payment_intents", "charges", "customers", "events", "refunds", "checkout/sessions", "products", "prices",
         "coupons", "promotion_codes", "payment_links", "setup_intents", "balance_transactions", "webhook_endpoints",
         "tax_rates", "shipping_rates", "disputes", "files")


@pytest.fixture(scope="module")
def old(postgres: Schema) -> dict[str, str]:
    """Revision -> the name of a database that stands there, with rows in every table; to be copied."""
    names: dict[str, str] = {}
    for name in EARLIER:
        urls = postgres.fresh(names[before] if (before := _before(name)) else "template0")
        migrations.upgrade(urls.owner, name)
        if (rows := ROWS / f"{name}.sql").exists():
            with psycopg.connect(books.superuser(postgres.server, urls)) as link:
                link.execute("SET session_replication_role = replica")
                link.execute(rows.read_text())
                link.commit()
                for env in "012":
                    link.execute("SELECT set_config('app.env', %s, true), pay.audit_seal(%s, NULL, NULL)", (env, env))
                    link.commit()
        names[name] = str(psycopg.conninfo.conninfo_to_dict(urls.owner)["dbname"])
    return names


@pytest.fixture(scope="module")
def upgraded(postgres: Schema, old: dict[str, str]) -> Callable[[str], roles.Urls]:
    """The database of a revision after its upgrade, which each of its tests looks at in turn."""
    @cache
    def urls(revision: str) -> roles.Urls:
        made = postgres.fresh(old[revision])
        migrations.upgrade(made.owner)
        return made

    return urls


@pytest.fixture(scope="module")
def new(postgres: Schema) -> list[str]:
    return _schema(postgres, postgres.urls)


def _before(name: str) -> str | None:
    at = EARLIER.index(name)
    return EARLIER[at - 1] if at else None


def _content(link: books.Link) -> dict[Table, list[dict[str, Any]]]:
    """Every row of every table."""
    found = {}
    for space, name in link.execute(TABLES).fetchall():
        rows = link.execute(sql.SQL("SELECT to_jsonb(t) FROM {} t ORDER BY to_jsonb(t)::text").format(
            sql.Identifier(space, name)))
        found[space, name] = [row for (row,) in rows]
    return found


def _tables(postgres: Schema, database: str) -> set[str]:
    with psycopg.connect(postgres.server.url(SUPERUSER, postgres.places.password(SUPERUSER), database)) as link:
        return {f"{space}.{name}" for space, name in link.execute(TABLES).fetchall()}


def _schema(postgres: Schema, urls: roles.Urls) -> list[str]:
    """The schema as pg_dump writes it, without the tables of single days, which are named after them."""
    printed = subprocess.run(
        [server.binaries() / "pg_dump", "--schema-only", "--restrict-key=x", "--exclude-table=pay.request*_2*",
         books.superuser(postgres.server, urls)],
        check=True, capture_output=True, text=True, env=server.clean_environment())
    return printed.stdout.splitlines()


@pytest.mark.parametrize("revision", EARLIER)
async def test_rows_of_before_stay_and_no_rule_is_broken(
        revision: str, postgres: Schema, old: dict[str, str], upgraded: Callable[[str], roles.Urls]) -> None:
    urls = upgraded(revision)
    with psycopg.connect(postgres.server.url(SUPERUSER, postgres.places.password(SUPERUSER), old[revision])) as link:
        before = _content(link)
    with psycopg.connect(books.superuser(postgres.server, urls), autocommit=True) as link:
        after = _content(link)
    for table, rows in before.items():
        assert rows, f"{table} has no row: add one to {ROWS.name}/<the revision that brought it>.sql"
        if table in CUT:
            assert table not in after
            continue
        known = set(rows[0])
        kept = [{name: value for name, value in row.items() if name in known} for row in after[table]]
        lost = Counter(map(str, rows)) - Counter(map(str, kept))
        assert not lost, table
        assert len(kept) == len(rows) or table in GROW, table
    assert [str(found) for found in await invariants.run(urls.auditor, urls.vault)] == []


def test_what_the_newest_revision_brings_has_rows_for_the_next(postgres: Schema, old: dict[str, str]) -> None:
    """Else the next one would be refused for what this one forgot."""
    newest = revisions.known()[-1]
    rows = ROWS / f"{newest}.sql"
    brought = _tables(postgres, str(psycopg.conninfo.conninfo_to_dict(postgres.urls.owner)["dbname"])) - _tables(
        postgres, old[EARLIER[-1]])
    said = rows.read_text() if rows.exists() else ""
    assert [table for table in sorted(brought) if f"INSERT INTO {table}" not in said] == [], f"add a row to {rows}"


@pytest.mark.parametrize("revision", EARLIER)
def test_what_was_upgraded_has_the_schema_of_a_new_database(
        revision: str, postgres: Schema, upgraded: Callable[[str], roles.Urls], new: list[str]) -> None:
    assert _schema(postgres, upgraded(revision)) == new


def test_an_empty_database_that_stops_at_every_revision_comes_to_the_same_schema(
        postgres: Schema, new: list[str]) -> None:
    urls = postgres.fresh("template0")
    for revision in (*EARLIER, "head"):
        migrations.upgrade(urls.owner, revision)
    assert _schema(postgres, urls) == new


@pytest.mark.parametrize("revision", EARLIER)
async def test_rows_of_before_are_used_on(revision: str, upgraded: Callable[[str], roles.Urls]) -> None:
    urls = upgraded(revision)
    settings, db, doorbell = Settings(), Database(urls.app, pool_size=4, name="upgraded"), Doorbell("")
    await db.open()
    try:
        door = api.app.create(Runtime(settings, db, VaultLink("127.0.0.1", 1, b"-" * 32), doorbell, b"-" * 32))
        for key, (intent, customer) in KEYS.items():
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(door), base_url="http://localhost",
                                          headers={"Authorization": f"Bearer {key}"}) as client:
                for path in LISTS:
                    listed = await client.get(f"/v1/{path}")
                    assert listed.status_code == 200, (path, listed.text)
                    for row in listed.json()["data"]:
                        one = await client.get(f"/v1/{path}/{row['id']}")
                        assert one.status_code == 200, (path, one.text)
                        if path == "files":
                            content = await client.get(f"/v1/files/{row['id']}/contents")
                            assert (content.status_code, len(content.content)) == (200, row["size"])
                for path in (f"payment_intents/{intent}", f"customers/{customer}"):
                    changed = await client.post(f"/v1/{path}", data={"metadata[order]": "7"})
                    assert (changed.status_code, changed.json().get("metadata")) == (200, {"order": "7"}), changed.text
                new = await client.post("/v1/payment_intents", data={"amount": "500", "currency": "usd"})
                assert new.status_code == 200, new.text
    finally:
        await door.state.requests.close()  # else it tries to write its log for ever
        await doorbell.close()
        await db.close()
    assert [str(found) for found in await invariants.run(urls.auditor, urls.vault)
            if found.check.id not in ("H2", "X1")] == []  # nobody seals or relays here


def test_files_of_before_are_cut_into_pieces(postgres: Schema, old: dict[str, str]) -> None:
    urls = postgres.fresh(old["balance"])
    data = bytes(range(256)) * 2000  # four pieces, the last one shorter
    with psycopg.connect(books.superuser(postgres.server, urls), autocommit=True) as link:
        link.execute("SELECT set_config('app.env', '2', false)")
        link.execute("INSERT INTO pay.file SELECT 2, 'file_large', doc, created_at FROM pay.file WHERE id = 'file_1'")
        link.execute("INSERT INTO pay.file_content(env, file_id, content) VALUES (2, 'file_large', %s)", (data,))
        migrations.upgrade(urls.owner)
        pieces = link.execute("SELECT env, no, content FROM pay.file_piece WHERE file_id = 'file_large' ORDER BY no")
        assert [(env, no, bytes(content)) for env, no, content in pieces] == [
            (2, no, data[begin:begin + 131072]) for no, begin in enumerate(range(0, len(data), 131072))]


EARLY = {"whole_stack": ("0015", "0016", "0040", "0050"), "lost_race": ("0016", "0040", "0050"),
         "refunds": ("0040_orphans", "0050"), "audit": ("0040_orphans",), "account_locks": ()}
"""What the first revision was before it was whole, as patches to its files: the files that were not there yet."""


@pytest.mark.parametrize("kind", EARLY)
async def test_an_early_first_revision_is_made_whole(
        kind: str, postgres: Schema, new: list[str], tmp_path: Path) -> None:
    for name in early.FIRST:
        if not name.startswith(EARLY[kind]):
            shutil.copy(files.SQL / name, tmp_path)
    subprocess.run(["git", "apply", "-p4", ROWS / "early" / f"{kind}.patch"], cwd=tmp_path, check=True)
    urls = postgres.fresh("template0")
    with psycopg.connect(urls.owner) as owner:
        owner.execute("CREATE SCHEMA core; CREATE TABLE core.alembic_version (version_num varchar(32) NOT NULL, "
                      "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)); "
                      "INSERT INTO core.alembic_version VALUES ('0001')")
        for path in sorted(tmp_path.glob("*.sql")):
            owner.cursor().execute(path.read_text())
    own = ROWS / "early" / f"{kind}.sql"
    world = own.read_text() if own.exists() else (ROWS / "0001.sql").read_text().partition("-- API key")[0]
    with psycopg.connect(books.superuser(postgres.server, urls), autocommit=True) as link:
        if kind != "whole_stack":  # whose code never had rows like these
            with link.transaction():
                link.execute("SET LOCAL session_replication_role = replica")
                link.execute(world)
        before = _content(link)
        migrations.upgrade(urls.owner)
        after = _content(link)
    for table, rows in before.items():
        known = set(rows[0]) if rows else set()
        kept = [{name: value for name, value in row.items() if name in known} for row in after[table]]
        assert not Counter(map(str, rows)) - Counter(map(str, kept)), table
    assert _schema(postgres, urls) == new
    assert [str(found) for found in await invariants.run(urls.auditor, urls.vault)] == []


def test_a_whole_first_revision_is_left_as_it_is(postgres: Schema, old: dict[str, str]) -> None:
    with psycopg.connect(postgres.fresh(old["0001"]).owner) as owner:
        assert owner.execute(early._PRINT).fetchone() == (early.WHOLE,)


def test_the_first_revision_is_a_closed_list() -> None:
    """A file that is named by no revision, or by a pattern, would reach some databases and not others."""
    folder = files.SQL.parent
    texts = [path.read_text() for path in (*(folder / "versions").glob("*.py"), folder / "early.py")]
    named = [name for text in texts for name in re.findall(r'"(\w+\.sql)"', text)]
    assert sorted(named) == sorted(path.name for path in files.SQL.glob("*.sql"))
    assert not [text for text in texts if "glob" in text]
