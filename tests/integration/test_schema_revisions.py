"""The rules of every revision: new foreign keys are checked in each environment, locks are given up, a newer schema is
refused by whoever starts."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from backend import migrations
from backend.config import Settings
from backend.migrations import revisions
from backend.stack import roles, run
from backend.stack.trouble import Trouble
from tests.next_revision import next_revision
from tests.stack import ROOT, Schema

PARENT = "CREATE TABLE pay.shelf (env bigint, id text, PRIMARY KEY (env, id)); SELECT core.protect('pay.shelf');"


@pytest.fixture
def merchants(postgres: Schema) -> roles.Urls:
    """A database of two merchants, each with a customer."""
    urls = postgres.fresh()
    with psycopg.connect(urls.owner) as link:
        link.execute("INSERT INTO core.account(id, name) VALUES ('acct_1', 'One'), ('acct_2', 'Two')")
        link.execute("INSERT INTO core.environment(account_id, mode) VALUES ('acct_1', 'test'), ('acct_2', 'test')")
        for env in "12":
            link.execute("SELECT set_config('app.env', %s, true)", (env,))
            link.execute("INSERT INTO pay.customer(env, id, description, created_at) VALUES (%s, 'cus_1', 'a', now())",
                         (env,))
    return urls


@pytest.mark.parametrize("key", [
    "ADD FOREIGN KEY (env, description) REFERENCES pay.shelf (env, id)",
    "ADD CONSTRAINT late FOREIGN KEY (env, description) REFERENCES pay.shelf (env, id) NOT VALID;"
    "ALTER TABLE pay.customer VALIDATE CONSTRAINT late"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_new_foreign_key_is_checked_in_each_environment(key: str, whole: bool, merchants: roles.Urls, tmp_path: Path,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    """One environment's parent may be missing: nobody's rows are passed over, whichever the session could see."""
    envs = "12" if whole else "1"
    fill = "".join(f"SELECT set_config('app.env', '{env}', true); INSERT INTO pay.shelf VALUES ({env}, 'a');"
                   for env in envs) + "SELECT set_config('app.env', '0', true);"
    with next_revision(monkeypatch, tmp_path, PARENT + fill + f"ALTER TABLE pay.customer {key};"):
        if whole:
            migrations.upgrade(merchants.owner)
        else:
            with pytest.raises(psycopg.errors.ForeignKeyViolation, match="environment 2 break the new foreign key"):
                migrations.upgrade(merchants.owner)
    with psycopg.connect(merchants.owner) as link:
        assert link.execute(revisions.QUERY).fetchall() == [("next",) if whole else (revisions.known()[-1],)]


def test_rows_of_every_merchant_are_changed(merchants: roles.Urls, tmp_path: Path,
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    with next_revision(monkeypatch, tmp_path, "SELECT 1", each="UPDATE pay.customer SET name = 'found'"):
        migrations.upgrade(merchants.owner)
    with psycopg.connect(merchants.auditor) as link:
        assert link.execute("SELECT env, name FROM pay.customer ORDER BY env").fetchall() == [
            (1, "found"), (2, "found")]


def test_a_held_table_holds_up_nobody_behind_the_upgrade(merchants: roles.Urls, tmp_path: Path,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    """The upgrade waits shortly for a lock, then lets those behind it pass; when the table is free it goes on."""
    text = "ALTER TABLE pay.customer ADD COLUMN later text"
    with next_revision(monkeypatch, tmp_path, text), psycopg.connect(merchants.owner) as holder:
        holder.execute("LOCK TABLE pay.customer IN ROW EXCLUSIVE MODE")
        with pytest.raises(migrations.Busy, match="end long transactions"):
            migrations.upgrade(merchants.owner, patience_seconds=0)
        upgrading = threading.Thread(target=migrations.upgrade, args=(merchants.owner,))
        upgrading.start()
        with psycopg.connect(merchants.app, autocommit=True) as app:
            app.execute("SET app.env = '1'")
            until = time.monotonic() + 3
            while time.monotonic() < until:  # the role's own limit would refuse a wait of seconds
                app.execute("UPDATE pay.customer SET name = 'busy' WHERE env = 1")
        assert upgrading.is_alive()
        holder.rollback()
        upgrading.join(60)
    with psycopg.connect(merchants.owner) as link:
        assert link.execute(revisions.QUERY).fetchall() == [("next",)]


@pytest.fixture
def newer(postgres: Schema) -> roles.Urls:
    """A database that a later version has upgraded."""
    urls = postgres.fresh()
    with psycopg.connect(urls.owner) as link:
        link.execute("UPDATE core.alembic_version SET version_num = 'tomorrow'")
    return urls


@pytest.fixture
def older(postgres: Schema) -> roles.Urls:
    urls = postgres.fresh("template0")
    migrations.upgrade(urls.owner, revisions.known()[3])
    return urls


def test_a_newer_schema_is_not_migrated(newer: roles.Urls) -> None:
    with pytest.raises(Trouble, match=r"revision 'tomorrow', which this version of Farthing does not know.*start that "
                                      r"version or a later one, or restore a backup"):
        run.migrate(Settings().model_copy(update={"owner_database_url": newer.owner}))


@pytest.mark.parametrize("program", [
    ["-m", "workers"], ["-m", "vault"], ["-m", "uvicorn", "farthing:web", "--port", "0"]], ids=lambda words: words[1])
@pytest.mark.parametrize(("which", "says"), [
    ("newer", "which this version of Farthing does not know"), ("older", "run `farthing migrate` first")])
def test_no_process_works_on_another_schema(program: list[str], which: str, says: str, postgres: Schema,
                                            request: pytest.FixtureRequest) -> None:
    urls = request.getfixturevalue(which)
    postgres.places.make_keys()
    environment = os.environ | {
        "FARTHING_DATA": str(postgres.places.data), "APP_DATABASE_URL": urls.app, "VAULT_DATABASE_URL": urls.vault}
    ended = subprocess.run([sys.executable, *program], cwd=ROOT, env=environment, capture_output=True, text=True,
                           timeout=120)
    assert ended.returncode != 0
    assert says in ended.stdout + ended.stderr
    if program[-1] in ("workers", "vault"):
        assert ended.stderr.count("\n") == 1, "one sentence"
