"""Functions and views: one file each, in force when it changed and only then, the same on every database."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from backend import migrations
from backend.migrations import definitions, revisions
from backend.stack import roles
from tests import schema
from tests.stack import ROOT, Schema

FILE = "backend/risk/functions/brake_alarm.sql"
_GENERATED = r"^(audit_.*_(born|gone|moved)|seal_.*)$"
_BY_HAND = "CREATE OR REPLACE FUNCTION pay.env_guard(p_env bigint) RETURNS void LANGUAGE plpgsql AS 'BEGIN END'"
_OURS = ("SELECT n.nspname || '.' || p.proname AS name, pg_get_functiondef(p.oid) AS text, p.xmin::text AS version "
         "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('core', 'pay', 'vault')")


def functions(urls: roles.Urls) -> dict[tuple[str, str], str]:
    """Every function with its text in force, and which transaction wrote it."""
    with psycopg.connect(urls.owner) as link:
        return {(name, text): version for name, text, version in link.execute(_OURS).fetchall()}


@pytest.fixture
def urls(postgres: Schema) -> roles.Urls:
    return postgres.fresh()


@pytest.fixture
def edited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This code with one function that says something else."""
    texts = dict(definitions._texts())
    texts[FILE] = texts[FILE].replace("AS $$", "AS $$ /* said anew */")
    definitions.hashes.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(definitions, "_texts", lambda: texts)
        yield
        definitions.hashes.cache_clear()
    definitions.hashes.cache_clear()


def test_a_changed_file_comes_into_force_and_no_other_is_touched(urls: roles.Urls, edited: None) -> None:
    before = functions(urls)
    migrations.upgrade(urls.owner)
    after = functions(urls)
    new = {name: text for (name, text), version in after.items() if before.get((name, text)) != version}
    assert set(new) == {"pay.brake_alarm"}
    assert "said anew" in new["pay.brake_alarm"]


def test_what_was_changed_by_hand_stays_until_its_file_changes(urls: roles.Urls) -> None:
    """Whoever must mend a function at night may; what it says is in force until the next version says otherwise."""
    with psycopg.connect(urls.owner) as link:
        link.execute(_BY_HAND)
    before = functions(urls)
    migrations.upgrade(urls.owner)
    assert functions(urls) == before


def test_a_file_with_a_mistake_changes_nothing(urls: roles.Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = dict(definitions._texts())
    texts[FILE] = texts[FILE].replace("BEGIN", "BEGINN", 1)
    before = functions(urls)
    definitions.hashes.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(definitions, "_texts", lambda: texts)
        with pytest.raises(psycopg.errors.SyntaxError):
            migrations.upgrade(urls.owner)
    definitions.hashes.cache_clear()
    assert functions(urls) == before


def test_a_fresh_database_and_an_upgraded_one_are_the_same(postgres: Schema) -> None:
    """An old one whose functions were of another text, too."""
    fresh, old = postgres.fresh(), postgres.fresh("template0")
    migrations.upgrade(old.owner, revisions.known()[5])
    with psycopg.connect(old.owner) as link:
        link.execute(_BY_HAND)
    migrations.upgrade(old.owner)
    assert set(functions(old)) == set(functions(fresh))
    assert schema.dump(old.owner) == schema.dump(fresh.owner)


def test_the_schema_that_is_written_down_is_the_schema(postgres: Schema) -> None:
    assert schema.dump(postgres.fresh().owner) == schema.PLACE.read_text(), "make schema"


def test_every_function_stands_in_one_file_of_its_name(urls: roles.Urls) -> None:
    said = [(name, path) for path in definitions.paths(ROOT) for name in set(re.findall(
        r"^CREATE OR REPLACE (?:FUNCTION|VIEW) (\w+\.\w+)", path.read_text(), re.MULTILINE))]
    assert [path.name for name, path in said if path.stem != name.partition(".")[2]] == []
    assert len(said) == len(definitions.paths(ROOT))
    there = {name for name, _ in functions(urls) if not re.match(_GENERATED, name.partition(".")[2])}
    assert {name for name, _ in said} == there | {"pay.balance_transaction"}


def test_no_new_revision_defines_a_function() -> None:
    late = [path for path in (ROOT / "backend" / "migrations" / "sql").glob("*.sql") if path.name > "3400"]
    assert [path.name for path in late if re.search(r"CREATE (OR REPLACE )?(FUNCTION|VIEW)", path.read_text())] == []


def test_no_process_works_with_the_functions_of_another_version(urls: roles.Urls, postgres: Schema,
                                                                tmp_path: Path) -> None:
    with psycopg.connect(urls.owner) as link:
        link.execute("UPDATE core.definition SET hash = repeat('0', 64) WHERE file = %s", (FILE,))
    postgres.places.make_keys()
    environment = {"FARTHING_DATA": str(postgres.places.data), "APP_DATABASE_URL": urls.app}
    ended = subprocess.run([sys.executable, "-m", "workers"], cwd=ROOT, capture_output=True, text=True, timeout=120,
                           env=os.environ | environment)
    assert ended.returncode != 0
    assert "run `farthing migrate` of the version that is to serve" in ended.stderr
    migrations.upgrade(urls.owner)
    with psycopg.connect(urls.app) as link:
        assert dict(link.execute(definitions.QUERY).fetchall()) == definitions.hashes()
