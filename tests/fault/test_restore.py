"""A restore loses no money: the database goes back in time, the acquirers do not, and afterwards nobody owes anybody.

Some payments are known at the moment that we go back to and lose only their newest messages; others are lost whole.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from backend.stack import archive
from backend.stack.places import Places
from backend.stack.postgres import REPLICATOR, SUPERUSER, Postgres
from tests import books
from tests.shoppers import Shop, all_at_once, purchases
from tests.stack import ROOT, Stack, temporary_folder

SEED, BEFORE, DURING, EACH, LOST = 20261121, 100, 40, 8, 40


@pytest.fixture
def going() -> Iterator[Stack]:
    with temporary_folder() as folder:
        made = Stack(folder, ACQUIRER_TIMEOUT_SECONDS="2")
        try:
            made.start()
            yield made
        finally:
            made.kill_all()


def farthing(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of ours on the stack's data folder."""
    return subprocess.run([sys.executable, "-m", "farthing", *words], cwd=ROOT, env=stack.environment(), text=True,
                          capture_output=True, stdin=subprocess.DEVNULL)


class Till:
    """Payments made step by step, so that a moment lies between the steps."""

    def __init__(self, stack: Stack) -> None:
        self._client = httpx2.AsyncClient(base_url=stack.api_base, auth=(stack.secret_key, ""),
                                          timeout=40, trust_env=False)

    async def post(self, path: str = "", **form: Any) -> dict[str, Any]:
        reply = await self._client.post(f"/v1/payment_intents{path}", data=form)
        body: dict[str, Any] = reply.json()
        return body.get("error", {}).get("payment_intent") or body

    async def get(self, id: str) -> dict[str, Any]:
        reply = await self._client.get(f"/v1/payment_intents/{id}")
        found: dict[str, Any] = reply.json()
        return found

    async def charges(self) -> int:
        reply = await self._client.get("/v1/charges", params={"limit": "100"})
        return len(reply.json()["data"])

    async def many(self, count: int, **form: Any) -> list[dict[str, Any]]:
        return list(await asyncio.gather(*(self.post(amount=str(1000 + n), currency="usd", **form)
                                           for n in range(count))))

    async def close(self) -> None:
        await self._client.aclose()


def _attempts(stack: Stack) -> set[str]:
    with psycopg.connect(stack.urls.auditor) as link:
        return {key for (key,) in link.execute("SELECT network_key FROM pay.attempt")}


def _orphans(stack: Stack) -> dict[str, str]:
    with psycopg.connect(stack.urls.auditor) as link:
        return dict(link.execute("SELECT network_key, action FROM pay.orphan").fetchall())


async def _relayed(stack: Stack) -> None:
    """Wait until the worker has taken every event from the outbox."""
    with psycopg.connect(stack.urls.auditor, autocommit=True) as link:
        until = time.monotonic() + 30
        while link.execute("SELECT 1 FROM pay.outbox WHERE dispatched_at IS NULL").fetchone():
            assert time.monotonic() < until
            await asyncio.sleep(0.2)


async def test_a_restore_does_not_lose_money(going: Stack) -> None:
    orders = purchases(SEED, BEFORE + DURING + LOST)
    shop, till = Shop(going.api_base, going.secret_key, SEED), Till(going)
    try:
        await all_at_once(shop, orders[:BEFORE], 16)
        under_way = asyncio.create_task(all_at_once(shop, orders[BEFORE:BEFORE + DURING], 8))
        taken = await asyncio.to_thread(farthing, going, "backup")  # in the middle of payments
        assert taken.returncode == 0, taken.stderr
        await under_way
        pay = {"payment_method": "pm_card_visa"}
        fresh = await till.many(EACH)
        declined = await till.many(EACH)
        cards = await till.many(EACH, capture_method="manual")
        held = await till.many(EACH, **pay, confirm="true", capture_method="manual")
        kept = await till.many(EACH, **pay, confirm="true", capture_method="manual")
        known = _attempts(going)
        moment, moment_clock = datetime.now(UTC), time.monotonic()

        await asyncio.sleep(1.1)
        later = [await till.post(f"/{one['id']}/confirm", **pay) for one in fresh]
        for one in declined:
            await till.post(f"/{one['id']}/confirm", payment_method="pm_card_visa_chargeDeclined")
            later.append(await till.post(f"/{one['id']}/confirm", payment_method="pm_card_mastercard"))
        for one in cards:
            await till.post(f"/{one['id']}/confirm", **pay)
            later.append(await till.post(f"/{one['id']}/cancel"))
        later += [await till.post(f"/{one['id']}/capture", amount_to_capture="700") for one in held]
        later += [await till.post(f"/{one['id']}/cancel") for one in kept]
        await all_at_once(shop, orders[BEFORE + DURING:], 16)
        told = {one["id"]: (one["status"], one["amount_received"]) for one in later}
        assert {status for status, _ in told.values()} == {"succeeded", "canceled"}
    finally:
        await shop.close()
        await till.close()
    lost_seconds = time.monotonic() - moment_clock
    refused = await asyncio.to_thread(farthing, going, "restore", "--seconds-ago", "1")
    assert refused.returncode == 1
    assert "already runs" in refused.stderr
    going.kill_all()

    journal = {row["network_key"] for row in books.journal(going) if row["kind"]}
    began = time.monotonic()
    restored = await asyncio.to_thread(farthing, going, "restore", "--seconds-ago",
                                       str((datetime.now(UTC) - moment).total_seconds()))
    assert restored.returncode == 0, restored.stderr + going.log("postgres")[-2000:]
    restore_seconds = time.monotonic() - began

    mark = going.places.restored_json  # without the import of orphans: the books must not agree
    mark.rename(mark.with_suffix(".off"))
    going.start()
    assert _attempts(going) == known
    assert books.charged(books.journal(going)) != books.booked(going)
    red = " ".join(await books.violations(going))
    assert "L11 " in red
    assert "P8 " in red
    going.stop()
    mark.with_suffix(".off").rename(mark)

    started = going.start()
    assert not mark.exists()
    await _relayed(going)
    theirs, ours = books.charged(books.journal(going)), books.booked(going)
    found = _orphans(going)
    counts = {action: list(found.values()).count(action) for action in sorted(set(found.values()))}
    print(f"\nseed {SEED}: RPO {lost_seconds:.1f} s by intent, RTO {restore_seconds + started:.1f} s (restore "
          f"{restore_seconds:.1f} s, start with matching {started:.1f} s); orphans found {len(found)}, in the journal "
          f"{len(journal - known)} ({counts}); "
          f"journal - ledger {({name: theirs[name] - ours[name] for name in theirs | ours})} cents")
    assert set(found) == journal - known
    assert theirs == ours
    assert await books.violations(going) == []
    assert counts["adopted"] == 7 * EACH  # a decline and a sale each, an authorisation and its void, the others one
    till = Till(going)
    try:
        for id, what in told.items():
            now = await till.get(id)
            assert (now["status"], now["amount_received"]) == what
        assert await till.charges() == 100  # every charge can be shown, also of an adopted attempt
        again = await till.post(amount="500", currency="usd", **pay, confirm="true")
        assert again["status"] == "succeeded"
    finally:
        await till.close()


async def test_when_the_disk_is_lost_the_backup_folder_is_enough(going: Stack, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
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
    backup.rename(tmp_path / "kept")
    going.places = Places(elsewhere)
    restored = farthing(going, "restore", "--from", str(tmp_path / "kept"), "--seconds-ago", "0")
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


def test_the_replicator_can_do_nothing_but_replicate(going: Stack) -> None:
    server = Postgres(going.places)
    password = going.places.password(REPLICATOR)
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects"):
        psycopg.connect(server.url(REPLICATOR, password, "postgres"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url(REPLICATOR, "wrong", "postgres") + "&replication=true")
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry for replication"):
        psycopg.connect(server.url(SUPERUSER, going.places.password(SUPERUSER), "postgres") + "&replication=true")


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
