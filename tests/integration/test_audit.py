"""The audit trail: every change of a money row is written down with its author, in order, without secrets."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backend.audit import comparison, heads
from backend.reconciliation import invariants
from backend.stack import roles
from tests import books
from tests.sealers import sealer
from tests.shoppers import Shop, all_at_once, purchases
from tests.stack import Schema, Stack

WORLD = Path(__file__).with_name("world.sql")
Link = psycopg.Connection[Any]


def _world(postgres: Schema) -> tuple[roles.Urls, Link]:
    """A small world, and the superuser's connection to it; its own triggers are off, which must not matter."""
    urls, link = books.torn(postgres)
    link.execute("SET session_replication_role = replica")
    link.execute(WORLD.read_text())
    link.execute("SET app.env = '1'")
    return urls, link


def _trail(link: Link, table: str, row: str) -> list[tuple[Any, ...]]:
    return link.execute("SELECT op, actor, login, body FROM pay.audit WHERE tbl = %s AND row_id = %s ORDER BY id",
                        (table, row)).fetchall()


def test_a_change_from_a_console_is_written_with_before_and_after(postgres: Schema) -> None:
    _, link = _world(postgres)
    with link:
        link.execute("SET app.actor = 'mem_7'")
        link.execute("UPDATE pay.hold SET status = 'expired' WHERE ref_id = 'pi_103' AND leg = 0")
        link.execute("UPDATE pay.payment SET receipt_email = 'ada@example.com', refund_reserved = 7, actor = 'mem_8' "
                     "WHERE id = 'pi_100'")
        link.execute("UPDATE pay.payment SET version = version + 1 WHERE id = 'pi_100'")  # nothing that counts
        link.execute("UPDATE core.member SET role = 'owner'")
        link.execute("DELETE FROM pay.charge WHERE id = 'ch_101'")
        hold = link.execute("SELECT id::text FROM pay.hold WHERE ref_id = 'pi_103' AND leg = 0").fetchone()
        assert hold is not None
        assert _trail(link, "hold", hold[0])[1:] == [
            ("UPDATE", "mem_7", "postgres", {"status": ["pending", "expired"]})]
        assert _trail(link, "payment", "pi_100")[2:] == [  # born, then refunded, in the world's own story
            ("UPDATE", "mem_8", "postgres", {"refund_reserved": [1000, 7], "receipt_email": "changed"})]
        op, actor, _, body = _trail(link, "charge", "ch_101")[-1]
        assert (op, actor, body["status"], body["amount"]) == ("DELETE", "mem_7", "failed", 500)


def test_an_account_is_audited_when_it_is_not_the_ledger_that_moves_it(postgres: Schema) -> None:
    _, link = _world(postgres)
    with link:
        count = "SELECT count(*) FROM pay.audit WHERE tbl = 'account' AND op = 'UPDATE'"
        assert link.execute(count).fetchone() == (0,)  # the world was posted by the ledger: its transfers tell
        link.execute("UPDATE pay.account SET credits = credits + 5, debits = debits + 5 WHERE kind = 'losses'")
        link.execute("UPDATE pay.account SET floor_zero = false, version = version + 1 WHERE kind = 'merchant_pending'")
        assert link.execute(count).fetchone() == (2,)


def test_members_keys_and_environments_are_audited_and_no_secret_is_copied(postgres: Schema) -> None:
    _, link = _world(postgres)
    with link:
        link.execute("INSERT INTO core.member (id, account_id, email, password_hash) "
                     "VALUES ('mem_1', 'acct_1', 'ada@example.com', 'scrypt$marker')")
        link.execute("UPDATE core.member SET role = 'viewer', password_hash = 'scrypt$marker2', failed_logins = 3")
        link.execute("INSERT INTO core.api_key (id, env, kind, hash, prefix, last4) "
                     "VALUES ('mk_1', 1, 'secret', sha256('marker'), 'sk_test_', 'abcd')")
        link.execute("UPDATE core.api_key SET last_used_at = now()")
        link.execute("UPDATE core.api_key SET expires_at = '2030-01-01Z'")
        link.execute("UPDATE pay.endpoint SET secrets = '[{\"sealed\": \"marker\"}]', failures = 2")
        link.execute("UPDATE pay.payment SET client_secret = 'marker' WHERE id = 'pi_100'")
        assert _trail(link, "core_member", "mem_1") == [
            ("INSERT", "", "postgres", {"account_id": "acct_1", "role": "owner"}),
            ("UPDATE", "", "postgres", {"role": ["owner", "viewer"], "password_hash": "changed"})]
        assert [(op, sorted(body)) for op, _, _, body in _trail(link, "core_api_key", "mk_1")] == [
            ("INSERT", ["allowed_ips", "kind", "last4", "permissions", "prefix"]), ("UPDATE", ["expires_at"])]
        assert _trail(link, "endpoint", "we_1")[1:] == [("UPDATE", "", "postgres", {"secrets": "changed"})]
        written = "".join(row[0] for row in link.execute("SELECT a::text FROM pay.audit a"))
        assert "marker" not in written
        assert "ada@example.com" not in written
        digest = link.execute("SELECT encode(sha256('marker'), 'hex')").fetchone()
        assert digest is not None
        assert digest[0] not in written
        assert link.execute("SELECT DISTINCT env FROM pay.audit WHERE tbl = 'core_member'").fetchall() == [(0,)]
        assert link.execute("SELECT DISTINCT env FROM pay.audit WHERE tbl = 'core_api_key'").fetchall() == [(1,)]


@pytest.mark.parametrize("statement", [
    "UPDATE pay.audit SET actor = ''", "DELETE FROM pay.audit", "TRUNCATE pay.audit", "TRUNCATE pay.audit_block",
    "DELETE FROM pay.audit_block", "UPDATE pay.audit_block SET hash = ''"])
def test_the_trail_cannot_be_changed_even_with_triggers_off(statement: str, postgres: Schema) -> None:
    _, link = _world(postgres)
    with link:
        link.execute("SELECT pay.audit_seal(1, NULL, NULL)")
        with pytest.raises(psycopg.Error) as refused:
            link.execute(statement.encode())
        assert refused.value.sqlstate == "23001"


@pytest.mark.parametrize("statement", [
    "INSERT INTO pay.audit (env, actor, request_id, tbl, op, row_id, body) VALUES (1, '', '', 'x', 'UPDATE', '', '{}')",
    "INSERT INTO pay.audit_block SELECT * FROM pay.audit_block", "UPDATE pay.audit SET actor = ''",
    "DELETE FROM pay.audit", "SELECT pay.audit_payment_moved()", "SELECT pay.audit_digest(1, '0', '9')"])
def test_the_app_cannot_write_the_trail_itself(statement: str, postgres: Schema) -> None:
    urls, link = _world(postgres)
    with link, psycopg.connect(urls.app, autocommit=True) as app:
        app.execute("SET app.env = '1'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(statement.encode())


def test_a_tenant_sees_its_own_trail_and_seals_only_its_own(postgres: Schema) -> None:
    urls, link = _world(postgres)
    with link, psycopg.connect(urls.app, autocommit=True) as app:
        app.execute("SET app.env = '2'")
        assert app.execute("SELECT DISTINCT env FROM pay.audit").fetchall() == [(2,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("SELECT pay.audit_seal(1, NULL, NULL)")


async def test_a_transaction_that_commits_late_is_not_passed_over(postgres: Schema, tmp_path: Path) -> None:
    urls, link = _world(postgres)
    late = psycopg.connect(books.superuser(postgres.server, urls))
    async with sealer(urls, tmp_path / "heads") as one:
        await one.seal()
        late.execute("UPDATE pay.endpoint SET enabled = false WHERE id = 'we_1'")  # open, with the older number
        link.execute("UPDATE pay.hold SET status = 'expired' WHERE ref_id = 'pi_103' AND leg = 0")
        assert await one.seal() == 0  # the younger one waits for the older one
        late.commit()
        assert await one.seal() == 1
    assert link.execute("SELECT audits FROM pay.audit_block WHERE env = 1 AND number = 2").fetchone() == (2,)
    assert {found.check.id for found in await invariants.run(urls.auditor, urls.vault)} & {"H1", "H2"} == set()
    late.close()
    link.close()


async def test_who_commits_late_is_not_passed_over_when_nobody_comes_after(postgres: Schema, tmp_path: Path) -> None:
    """The newest transaction of all stands above every snapshot's end."""
    urls, link = _world(postgres)
    with link, psycopg.connect(books.superuser(postgres.server, urls)) as late:
        async with sealer(urls, tmp_path / "heads") as one:
            await one.seal()
            link.execute("UPDATE pay.hold SET status = 'expired' WHERE ref_id = 'pi_103' AND leg = 0")
            late.execute("UPDATE pay.endpoint SET enabled = false WHERE id = 'we_1'")
            assert await one.seal() == 0
            assert await one.seal() == 0
            late.commit()
            assert await one.seal() == 1
        assert link.execute("SELECT audits FROM pay.audit_block WHERE env = 1 AND number = 2").fetchone() == (2,)
    assert {found.check.id for found in await invariants.run(urls.auditor, urls.vault)} & {"H1", "H2"} == set()


async def test_a_transfer_of_a_clock_that_is_ahead_is_not_waited_for(postgres: Schema) -> None:
    urls, link = _world(postgres)
    with link:
        link.execute("ALTER TABLE pay.transfer DISABLE TRIGGER USER")
        link.execute("UPDATE pay.transfer SET created_at = now() + interval '5 days' WHERE env = 1")
    assert "H2" not in {found.check.id for found in await invariants.run(urls.auditor, urls.vault)}


async def test_many_sealers_make_one_chain(postgres: Schema, tmp_path: Path) -> None:
    urls, link = _world(postgres)
    files = [tmp_path / "shared" / "heads", tmp_path / "own" / "heads"]
    async with sealer(urls, files[0]) as a, sealer(urls, files[0]) as b, sealer(urls, files[1]) as c:
        for number in range(20):
            link.execute("UPDATE pay.endpoint SET api_version = %s WHERE id = 'we_1'", (f"v{number}",))
            await asyncio.gather(*(one.seal() for one in (a, b, c) for _ in range(3)))
        for one in (a, b, c):
            await one.seal()
    link.close()
    assert {found.check.id for found in await invariants.run(urls.auditor, urls.vault)} & {"H1", "H2"} == set()
    for file in files:
        assert await comparison.run(file, urls.auditor) == []
    assert max(head["number"] for head in heads.read(files[0]) if head["env"] == 1) >= 10


async def test_a_head_that_a_crash_kept_from_the_file_is_written_at_the_next_start(postgres: Schema,
                                                                                    tmp_path: Path) -> None:
    urls, link = _world(postgres)
    file = tmp_path / "heads"
    async with sealer(urls, file) as one:
        await one.seal()
    with link:
        link.execute("UPDATE pay.endpoint SET enabled = false WHERE id = 'we_1'")
        link.execute("SELECT pay.audit_seal(1, NULL, NULL)")  # and then the worker died
    async with sealer(urls, file) as one:
        assert await one.seal() == 1
        assert await one.seal() == 0
    assert [head["number"] for head in heads.read(file) if head["env"] == 1] == [1, 2]


def test_large_arrears_are_sealed_in_several_blocks(postgres: Schema) -> None:
    _, link = _world(postgres)
    with link:
        link.execute("SELECT pay.audit_seal(1, NULL, NULL)")
        for number in range(25):
            link.execute("UPDATE pay.endpoint SET api_version = %s WHERE id = 'we_1'", (f"v{number}",))
        # many rows in one transaction: they are final, and need not share a block
        attempts = link.execute("UPDATE pay.attempt SET amount = amount + 1 WHERE env = 1").rowcount
        more, blocks = True, 0
        while more:
            row = link.execute("SELECT pay.audit_seal(1, %s, (SELECT encode(hash, 'hex') FROM pay.audit_block "
                               "WHERE env = 1 AND number = %s), 4)", (blocks + 1, blocks + 1)).fetchone()
            assert row is not None
            more, blocks = row[0]["more"], blocks + len(row[0]["blocks"])
        sizes = link.execute("SELECT audits FROM pay.audit_block WHERE env = 1 AND number > 1").fetchall()
        assert sum(size for size, in sizes) == 25 + attempts
        assert max(sizes) == (4,)


async def test_payments_leave_a_sealed_trail_that_names_their_author(stack: Stack) -> None:
    seed = int(os.environ.get("FARTHING_SEED", "4711")) + 1  # not the idempotency keys of other tests
    shop = Shop(stack.api_base, stack.secret_key, seed)
    try:
        await all_at_once(shop, purchases(seed, 30), 8)
    finally:
        await shop.close()
    file = stack.places.data / "audit" / "heads.jsonl"
    with psycopg.connect(stack.urls.auditor, autocommit=True) as link:
        nameless = link.execute("SELECT tbl, op, row_id FROM pay.audit WHERE tbl IN ('payment', 'attempt', 'charge') "
                                "AND actor = ''").fetchall()
        assert nameless == []
        seeded = link.execute("SELECT DISTINCT actor, login FROM pay.audit WHERE tbl LIKE 'core_%'").fetchall()
        assert ("seed", "farthing_app") in seeded
        counted = link.execute("SELECT count(*) FROM pay.audit WHERE tbl = 'payment' AND op = 'INSERT' "
                               "AND request_id LIKE 'req_%'").fetchone()
        assert counted is not None
        assert counted[0] >= 30
        until = time.monotonic() + 15
        while link.execute("SELECT 1 FROM pay.audit a WHERE id > coalesce((SELECT max(no_to) FROM pay.audit_block b "
                           "WHERE b.env = a.env), 0) LIMIT 1").fetchone():
            assert time.monotonic() < until, "not sealed in time"
            await asyncio.sleep(0.1)
    assert file.stat().st_mode & 0o777 == 0o600
    assert await comparison.run(file, stack.urls.auditor) == []
    assert {found.check.id for found in await invariants.run(stack.urls.auditor, stack.urls.vault)} & {
        "H1", "H2", "H3"} == set()
