"""A database that moves to another server is verified there: numbers and hashes go along, transactions mean nothing."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from backend import migrations
from backend.audit import comparison
from backend.reconciliation import invariants
from backend.stack import postgres as server
from backend.stack import roles
from tests import books
from tests.integration.test_tampering import CUT, SECRETS, WORLD, Link, superuser, unguarded
from tests.sealers import sealer
from tests.stack import Schema, bare_database

BUSY = 3000
"""Transactions that the old server is ahead of the new one at least."""


@dataclass
class Moved:
    """A database on the new server, to be copied, and the heads that were kept outside before it moved."""

    new: Schema
    database: str
    file: Path

    def copy(self) -> roles.Urls:
        return self.new.fresh(self.database)

    async def found(self, urls: roles.Urls) -> tuple[set[str], list[str]]:
        """What the checks inside the database see, and what the heads outside see."""
        inside = {found.check.id for found in await invariants.run(urls.auditor, urls.vault)}
        return inside, await comparison.run(self.file, urls.auditor)


def _newest(link: Link) -> int:
    [(number,)] = link.execute("SELECT pg_current_xact_id()::text::bigint").fetchall()
    return int(number)


@pytest.fixture(scope="module")
def other() -> Iterator[Schema]:
    with bare_database() as made:
        yield made


@pytest.fixture(scope="module")
async def moved(postgres: Schema, other: Schema, tmp_path_factory: pytest.TempPathFactory) -> Moved:
    """The old server has written more transactions than the new one; some rows were not sealed when it was dumped."""
    file = tmp_path_factory.mktemp("moves") / "heads.jsonl"
    old, new = postgres.fresh(), other.fresh("template0")
    with superuser(other, new) as there, superuser(postgres, old) as link:
        target = _newest(there) + BUSY
        link.execute(f"DO $$ BEGIN WHILE pg_current_xact_id()::text::bigint < {target} LOOP COMMIT; END LOOP; END $$")
        with link.transaction():
            link.execute(WORLD.read_text())
            link.execute(SECRETS)
    async with sealer(old, file) as one:
        assert await one.seal() == 3
        with superuser(postgres, old) as link:
            link.execute("UPDATE pay.endpoint SET attempts_max = 8 WHERE env = 1 AND id = 'we_1'")
        assert await one.seal() == 1
    with superuser(postgres, old) as link:
        link.execute("UPDATE pay.endpoint SET attempts_max = 9 WHERE env = 1 AND id = 'we_1'")
    dump = tmp_path_factory.mktemp("dump") / "all"
    _run("pg_dump", "--format=custom", f"--file={dump}", books.superuser(postgres.server, old))
    _run("pg_restore", "--single-transaction", f"--dbname={books.superuser(other.server, new)}", str(dump))
    with superuser(other, new) as there:
        highest = there.execute("SELECT max(xid)::text::bigint FROM pay.audit").fetchone()
        assert highest is not None
        assert highest[0] > _newest(there) + BUSY // 2
    return Moved(other, str(psycopg.conninfo.conninfo_to_dict(new.owner)["dbname"]), file)


def _run(program: str, *arguments: str) -> None:
    subprocess.run([server.binaries() / program, *arguments], check=True, capture_output=True,
                   env=server.clean_environment())


async def _lived_on(moved: Moved) -> roles.Urls:
    """A copy in which the new server has sealed what came along, and changes of its own."""
    urls = moved.copy()
    async with sealer(urls, moved.file) as one:
        assert await one.seal() == 1  # what was not sealed yet when it moved
        with superuser(moved.new, urls) as link:
            for number in range(3):
                link.execute("UPDATE pay.endpoint SET api_version = %s WHERE env = 1 AND id = 'we_1'", (f"v{number}",))
                assert await one.seal() == 1
    return urls


async def test_what_moved_is_verified_on_the_new_server(moved: Moved) -> None:
    urls = moved.copy()
    assert await moved.found(urls) == (set(), [])
    migrations.upgrade(urls.owner)


async def test_the_chain_goes_on_there(moved: Moved, tmp_path: Path) -> None:
    moved = Moved(moved.new, moved.database, _own(moved.file, tmp_path))
    urls = await _lived_on(moved)
    inside, outside = await moved.found(urls)
    assert (inside & {"H1", "H2", "H3"}, outside) == (set(), [])
    with superuser(moved.new, urls) as link:
        assert link.execute("SELECT number, audits FROM pay.audit_block WHERE env = 1 AND number > 2 "
                            "ORDER BY number").fetchall() == [(3, 1), (4, 1), (5, 1), (6, 1)]
        low, high = link.execute("SELECT min(xid_to), max(xid_to) FROM pay.audit_block WHERE env = 1").fetchall()[0]
        assert int(low) + BUSY // 2 < int(high)  # transaction numbers have begun anew


async def test_who_commits_late_is_not_passed_over_there(moved: Moved, tmp_path: Path) -> None:
    moved = Moved(moved.new, moved.database, _own(moved.file, tmp_path))
    urls = await _lived_on(moved)
    late = psycopg.connect(books.superuser(moved.new.server, urls))
    late.execute("SET session_replication_role = replica")
    async with sealer(urls, moved.file) as one:
        late.execute("UPDATE pay.endpoint SET api_version = 'late' WHERE env = 1 AND id = 'we_1'")
        with superuser(moved.new, urls) as link:
            link.execute("UPDATE pay.hold SET status = 'expired' WHERE env = 1 AND ref_id = 'pi_103' AND leg = 0")
        assert await one.seal() == 0
        late.commit()
        assert await one.seal() == 1
    late.close()
    inside, outside = await moved.found(urls)
    assert (inside & {"H1", "H2"}, outside) == (set(), [])


ATTACKS = {
    "an edited row of before": "UPDATE pay.audit SET actor = 'mem_2' WHERE id = (SELECT min(id) FROM pay.audit "
                               "WHERE env = 1 AND tbl = 'payment')",
    "an edited row of here": "UPDATE pay.audit SET actor = 'mem_2' WHERE env = 1 AND body->'api_version'->>1 = 'v1'",
    "a deleted row of before": "DELETE FROM pay.audit WHERE env = 1 AND tbl = 'charge'",
    "a deleted row of here": "DELETE FROM pay.audit WHERE env = 1 AND body->'api_version'->>1 = 'v2'",
    "an edited transfer": "UPDATE pay.transfer SET ref_id = 'S9' WHERE env = 1 AND code = 'settled'",
    "a row put among those of before": "INSERT INTO pay.audit OVERRIDING SYSTEM VALUE SELECT * FROM pay.audit "
                                       "WHERE env = 1 AND op = 'UPDATE' AND tbl = 'endpoint' LIMIT 1",
    "a row put where no block looks": "INSERT INTO pay.audit (env, xid, id, at, actor, request_id, login, tbl, op, "
                                      "row_id, body) OVERRIDING SYSTEM VALUE SELECT env, '7'::xid8, id, at, actor, "
                                      "request_id, login, tbl, op, row_id, body FROM pay.audit WHERE env = 1 LIMIT 1",
    "rows in another order": "ALTER TABLE pay.audit ALTER id SET GENERATED BY DEFAULT; "
                             "UPDATE pay.audit SET id = -id WHERE env = 1 AND tbl = 'payment'",
    "a block of before taken away": "DELETE FROM pay.audit_block WHERE env = 1 AND number = 1",
    "a range made wider": "UPDATE pay.audit_block SET no_to = no_to + 1 WHERE env = 1 AND number = 6",
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_tampering_is_seen_there(attack: str, moved: Moved, tmp_path: Path) -> None:
    moved = Moved(moved.new, moved.database, _own(moved.file, tmp_path))
    urls = await _lived_on(moved)
    with superuser(moved.new, urls) as link, unguarded(link):
        link.execute("ALTER TABLE pay.audit DROP CONSTRAINT audit_pkey")
        link.execute(ATTACKS[attack].encode())
    inside, _ = await moved.found(urls)
    assert "H1" in inside


async def test_a_cut_tail_is_seen_there_by_the_heads_outside(moved: Moved, tmp_path: Path) -> None:
    moved = Moved(moved.new, moved.database, _own(moved.file, tmp_path))
    urls = await _lived_on(moved)
    with superuser(moved.new, urls) as link, unguarded(link):
        link.execute(CUT.replace("number = 2", "number = 6"))
    inside, outside = await moved.found(urls)
    assert "H1" not in inside
    assert len(outside) == 1
    assert "block 6 of environment 1 is gone" in outside[0]


def _own(file: Path, folder: Path) -> Path:
    """A copy of the heads, for a test that adds some."""
    copy = folder / "heads.jsonl"
    copy.write_bytes(file.read_bytes())
    return copy
