"""Backups and restores: no money is lost, damaged backups are refused, and what was cut off is finished."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from backend.stack import archive
from backend.stack.places import Places
from backend.stack.postgres import REPLICATOR, SUPERUSER, Postgres
from tests import books
from tests.fault.experiments import restore
from tests.fault.experiments.restore import Till, farthing
from tests.stack import Stack, temporary_folder
from tests.templates import furnished

SEED = 20261121


@pytest.fixture
def going() -> Iterator[Stack]:
    with temporary_folder() as folder:
        made = Stack(folder, ACQUIRER_TIMEOUT_SECONDS="2")
        furnished(made.places)
        try:
            made.start()
            yield made
        finally:
            made.kill_all()


async def test_a_restore_does_not_lose_money() -> None:
    found = await restore.run(SEED, quick=True)
    print(f"\n{found}")
    assert found["verdict"] == "pass", found


async def test_when_the_disk_is_lost_the_backup_folder_is_enough(going: Stack) -> None:
    first = farthing(going, "backup")
    assert first.returncode == 0, first.stderr
    till = Till(going)
    try:
        paid = await till.many(3, payment_method="pm_card_visa", confirm="true")
    finally:
        await till.close()
    with psycopg.connect(books.superuser(Postgres(going.places), going.urls), autocommit=True) as link:
        segment = link.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
    assert segment is not None
    backup = going.places.data / "backup"
    going.wait(lambda: (backup / "wal" / f"{segment[0]}.gz").exists(), 60)
    key = going.secret_key
    going.kill_all()

    elsewhere = going.places.data.with_name("elsewhere")  # another machine, which has the backup and nothing else
    kept = backup.rename(going.places.data.with_name("kept"))
    going.places = Places(elsewhere)
    restored = farthing(going, "restore", "--from", str(kept), "--seconds-ago", "0")
    assert restored.returncode == 0, restored.stderr
    assert "all of it was brought back" in restored.stdout
    assert "keys and passwords" in restored.stdout
    assert (elsewhere / "secrets").stat().st_mode & 0o077 == 0
    going.places.restored_json.unlink()  # the acquirers' journal is gone with the other machine
    going.start()
    with psycopg.connect(going.urls.auditor) as link:
        found = {id for (id,) in link.execute("SELECT id FROM pay.payment WHERE status = 'succeeded'")}
    assert found == {one["id"] for one in paid}
    assert key  # kept as a hash only; the new folder's sandbox.json has fresh ones


async def test_a_damaged_backup_is_refused_and_the_database_stays(going: Stack) -> None:
    assert farthing(going, "backup").returncode == 0
    base = next((going.places.data / "backup" / "base").iterdir())
    victim = max((base / "postgres" / "base").rglob("[0-9]*"), key=lambda path: path.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    going.stop()
    refused = farthing(going, "restore")
    assert refused.returncode == 1
    assert "is damaged" in refused.stderr
    early = farthing(going, "restore", "--until", "2020-01-01T00:00:00+00:00")
    assert "nothing before that can be brought back" in early.stderr
    victim.unlink()
    missing = farthing(going, "restore")
    assert "missing" in missing.stderr
    going.start()


def test_restores_one_after_the_other_and_the_retention_of_backups(going: Stack, tmp_path: Path) -> None:
    going.stop()
    going.settings["BACKUPS_KEPT"] = "1"
    other = tmp_path / "other"
    backup = going.places.data / "backup"
    steps = [("backup",), ("backup", "--to", str(other), "--without-secrets"), ("restore", "--seconds-ago", "0"),
             ("restore", "--from", str(other)), ("backup",)]
    used = Postgres(going.places).folder
    for words in steps:
        if words == ("restore", "--seconds-ago", "0"):  # a folder that cannot be started any more is no hindrance
            (used / "global" / "pg_control").unlink()
            (used / "pg_hba.conf").unlink()
        done = farthing(going, *words)
        assert done.returncode == 0, (words, done.stderr)
    assert not (next((other / "base").iterdir()) / "secrets").exists()
    assert "It holds no keys" in farthing(going, "backup", "--without-secrets").stdout
    assert (backup / "wal" / "00000003.history.gz").exists()  # each restore its own timeline, each archived
    kept = list((backup / "base").iterdir())
    assert len(kept) == 1
    first = min(path.name for path in (backup / "wal").glob("0000000[0-9]????????????????.gz"))
    assert first[8:] >= archive.bases(backup)[0].segment[8:]  # what only the removed ones needed went with them


def test_the_replicator_can_do_nothing_but_replicate(stack: Stack) -> None:
    server = Postgres(stack.places)
    password = stack.places.password(REPLICATOR)
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects"):
        psycopg.connect(server.url(REPLICATOR, password, "postgres"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url(REPLICATOR, "wrong", "postgres") + "&replication=true")
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry for replication"):
        psycopg.connect(server.url(SUPERUSER, stack.places.password(SUPERUSER), "postgres") + "&replication=true")


def test_a_swap_that_was_cut_off_is_finished_by_the_next_start(tmp_path: Path) -> None:
    used, aside = tmp_path / "postgres", tmp_path / "postgres.before"
    for folder, content in ((used, "old"), (tmp_path / "postgres.restored", "new")):
        folder.mkdir()
        (folder / "PG_VERSION").write_text(content)
    archive.finish_swap(used)
    assert (used / "PG_VERSION").read_text() == "old"  # both are there: nothing was begun
    used.rename(aside)
    archive.finish_swap(used)
    assert (used / "PG_VERSION").read_text() == "new"
