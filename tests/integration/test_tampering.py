"""Tampering is seen (E28): each attack is made as superuser, with every trigger off, in a copy of a sealed database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backend.audit import comparison, heads
from backend.reconciliation import invariants
from backend.stack import roles
from tests import books
from tests.sealers import sealer
from tests.stack import Schema

WORLD = Path(__file__).with_name("world.sql")
Link = psycopg.Connection[Any]


def superuser(postgres: Schema, urls: roles.Urls) -> Link:
    """A connection that row security does not bind and whose own triggers are off."""
    link = psycopg.connect(books.superuser(postgres.server, urls), autocommit=True)
    link.execute("SET session_replication_role = replica")
    return link


@contextmanager
def unguarded(link: Link) -> Iterator[None]:
    """The append-only tables without their guards; afterwards these stand again, as a careful insider leaves them."""
    for state in ("DISABLE", "ENABLE ALWAYS"):
        if state != "DISABLE":
            yield
        for table in ("pay.transfer", "pay.audit", "pay.audit_block"):
            link.execute(f"ALTER TABLE {table} {state} TRIGGER imm, {state} TRIGGER immt")


def name(urls: roles.Urls) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(urls.owner)["dbname"])


@dataclass
class Sealed:
    """A database whose trail is sealed, an older copy of it, and the heads that lie outside."""

    postgres: Schema
    whole: str
    older: str
    file: Path

    async def found(self, urls: roles.Urls) -> tuple[set[str], list[str]]:
        """What the checks inside the database see, and what the heads outside see."""
        inside = {found.check.id for found in await invariants.run(urls.auditor, urls.vault)}
        return inside, await comparison.run(self.file, urls.auditor)

    def copy(self) -> roles.Urls:
        return self.postgres.fresh(self.whole)


SECRETS = """
INSERT INTO core.api_key(id, env, kind, hash, prefix, last4, permissions) VALUES
  ('mk_1', 1, 'restricted', sha256('one'), 'rk_test_', 'aaaa', '{"charges": "read"}'),
  ('mk_2', 2, 'secret', sha256('two'), 'sk_test_', 'bbbb', '{}');
INSERT INTO core.member(id, account_id, email, password_hash, role) VALUES
  ('mem_1', 'acct_1', 'wren@example.com', 'scrypt$1', 'owner'),
  ('mem_2', 'acct_2', 'robin@example.com', 'scrypt$2', 'viewer');
INSERT INTO vault.card SELECT (jsonb_populate_record(c, jsonb_build_object('token', 'pm_2', 'last4', '4444',
  'sealed', '\\x' || repeat('01', 44)))).* FROM vault.card c WHERE token = 'pm_1';
INSERT INTO vault.bank_account(env, token, account, key_id, sealed, facts)
  VALUES (1, 'pm_3', 'acct_1', 'vk_1', decode(repeat('02', 40), 'hex'), '{"last4": "6789"}');
"""
"""Keys, members, cards and a bank account beside the world's rows."""


@pytest.fixture(scope="module")
async def sealed(postgres: Schema, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    file = tmp_path_factory.mktemp("audit") / "elsewhere" / "heads.jsonl"
    urls = postgres.fresh()
    with psycopg.connect(books.superuser(postgres.server, urls)) as link:
        link.execute("SET session_replication_role = replica")
        link.execute(WORLD.read_text())
        link.execute(SECRETS)
    async with sealer(urls, file) as one:
        assert await one.seal() == 3  # two tenants and the installation
    older = postgres.fresh(name(urls))
    with psycopg.connect(books.superuser(postgres.server, urls)) as link:
        link.execute("SET app.actor = 'mem_1'")
        link.execute("UPDATE pay.endpoint SET attempts_max = 9 WHERE env = 1 AND id = 'we_1'")
    async with sealer(urls, file) as one:
        assert await one.seal() == 1
    return Sealed(postgres, name(urls), name(older), file)


async def test_nothing_is_found_when_nobody_tampered(sealed: Sealed) -> None:
    assert await sealed.found(sealed.copy()) == (set(), [])
    assert (sealed.file.stat().st_mode & 0o777, sealed.file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


ATTACKS = {
    # what it is: (statements, what must see it)
    "an edited transfer": (
        # in full: both accounts, every running balance and the payment's own story are bent with it
        "UPDATE pay.transfer SET code = 'settled', ref_id = 'S9' WHERE env = 1 AND code = 'settled'", {"H1"}),
    "an edited amount of a transfer": (
        "UPDATE pay.transfer SET amount = amount + 100 WHERE env = 1 AND code = 'settled'", {"H1", "L2"}),
    "a deleted audit row": (
        "DELETE FROM pay.audit WHERE env = 1 AND tbl = 'charge' AND row_id = 'ch_101'", {"H1"}),
    "an edited audit row": (
        "UPDATE pay.audit SET actor = 'mem_2' WHERE env = 1 AND op = 'UPDATE' AND tbl = 'endpoint'", {"H1"}),
    "an inserted audit row": (
        "INSERT INTO pay.audit (env, xid, actor, request_id, tbl, op, row_id, body) "
        "SELECT env, xid, 'mem_2', '', tbl, op, row_id, body FROM pay.audit WHERE env = 1 AND op = 'UPDATE' "
        "AND tbl = 'endpoint'", {"H1"}),
    "two rows in another order": (
        "ALTER TABLE pay.audit ALTER id SET GENERATED BY DEFAULT; UPDATE pay.audit a SET id = -a.id "
        "WHERE env = 1 AND tbl = 'payment'", {"H1"}),
    "a planted double posting": (
        "SET app.env = '1'; SELECT pay.ledger_apply(1, '[{\"op\": \"post\", \"group\": "
        "\"00000000-0000-4000-8000-0000000000aa\", \"debit\": \"acquirer_clearing\", \"credit\": \"merchant_pending\", "
        "\"currency\": \"usd\", \"amount\": 2000, \"code\": \"capture\", \"ref\": \"pi_102\", \"leg\": 1}]')",
        {"L11", "P4"}),
    "a payment changed with its triggers dropped": (
        "ALTER TABLE pay.payment DISABLE TRIGGER audit_moved; UPDATE pay.payment SET captured = 1999 "
        "WHERE id = 'pi_102'; ALTER TABLE pay.payment ENABLE ALWAYS TRIGGER audit_moved",
        {"H3"}),
} | {name: (f"ALTER TABLE {table} DISABLE TRIGGER USER; {statement}; ALTER TABLE {table} ENABLE ALWAYS TRIGGER sealed",
            {"H4"}) for name, (table, statement) in {
    "a changed hash of an API key": ("core.api_key", "UPDATE core.api_key SET hash = sha256('mine') WHERE id = 'mk_1'"),
    "a key with more rights": ("core.api_key", "UPDATE core.api_key SET kind = 'secret' WHERE id = 'mk_1'"),
    "a key moved to another merchant": ("core.api_key", "UPDATE core.api_key SET env = 1 WHERE id = 'mk_2'"),
    "a planted key": ("core.api_key", "INSERT INTO core.api_key(id, env, kind, hash, prefix, last4) "
                                      "VALUES ('mk_9', 1, 'secret', sha256('mine'), 'sk_test_', 'mine')"),
    "a key that was taken away": ("core.api_key", "DELETE FROM core.api_key WHERE id = 'mk_1'"),
    "a changed password of the portal": ("core.member", "UPDATE core.member SET password_hash = 'scrypt$9' "
                                                        "WHERE id = 'mem_1'"),
    "a member raised to owner": ("core.member", "UPDATE core.member SET role = 'owner' WHERE id = 'mem_2'"),
    "two passwords swapped": ("core.member", "UPDATE core.member m SET password_hash = o.password_hash "
                                             "FROM core.member o WHERE o.id <> m.id"),
    "two ciphertexts of cards swapped": ("vault.card", "UPDATE vault.card c SET sealed = o.sealed FROM vault.card o "
                                                       "WHERE (o.env, o.key_id) = (c.env, c.key_id) "
                                                       "AND o.token <> c.token"),
    "a card under another token": ("vault.card", "UPDATE vault.card SET token = 'pm_9' WHERE token = 'pm_1'"),
    "a changed bank account": ("vault.bank_account", "UPDATE vault.bank_account SET facts = '{\"last4\": \"0000\"}'"),
    "a changed data key": ("vault.key", "UPDATE vault.key SET wrapped = 'x' WHERE id = 'vk_1'"),
    "a changed secret of an endpoint": ("pay.endpoint", "UPDATE pay.endpoint SET secrets = '[\"mine\"]'"),
}.items()}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.replace(" ", "-"))
async def test_tampering_is_seen(attack: str, sealed: Sealed) -> None:
    statements, seen_by = ATTACKS[attack]
    urls = sealed.copy()
    with superuser(sealed.postgres, urls) as link, unguarded(link):
        link.execute(statements.encode())
    inside, _ = await sealed.found(urls)
    print(f"\n{attack}: seen by {sorted(inside)}")
    assert seen_by <= inside


CUT = """
DELETE FROM pay.audit a USING pay.audit_block b WHERE b.env = 1 AND b.number = 2 AND a.env = 1 AND a.id > b.no_from;
DELETE FROM pay.audit_block WHERE env = 1 AND number = 2;
"""


async def test_a_cut_tail_is_seen_by_the_heads_outside_and_by_nothing_else(sealed: Sealed) -> None:
    urls = sealed.copy()
    with superuser(sealed.postgres, urls) as link, unguarded(link):
        link.execute(CUT)
    inside, outside = await sealed.found(urls)
    assert inside == set()  # without the heads outside it would pass
    assert len(outside) == 1
    assert outside[0].startswith("block 2 of environment 1 is gone, the last one here is 1: the end was cut off")


async def test_an_older_database_is_seen_by_the_heads_outside_and_by_nothing_else(sealed: Sealed) -> None:
    inside, outside = await sealed.found(sealed.postgres.fresh(sealed.older))
    assert inside == set()
    assert len(outside) == 1
    assert "this is an older database" in outside[0]


async def test_a_chain_that_was_computed_anew_is_seen_outside(sealed: Sealed) -> None:
    """The insider knows how blocks are hashed: edits a row, throws all blocks away and seals again."""
    urls = sealed.copy()
    with superuser(sealed.postgres, urls) as link:
        with unguarded(link):
            link.execute("UPDATE pay.audit SET actor = 'mem_2' WHERE env = 1 AND op = 'UPDATE' AND tbl = 'endpoint'")
            link.execute("DELETE FROM pay.audit_block WHERE env = 1")
        link.execute("SET app.env = '1'")
        link.execute("SELECT pay.audit_seal(1, NULL, NULL)")
    inside, outside = await sealed.found(urls)
    assert inside == set()
    assert "block 1 of environment 1 is not the one that was kept outside" in outside[0]


async def test_the_sealer_stops_where_the_kept_head_is_unknown(sealed: Sealed, tmp_path: Path,
                                                                capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "heads.jsonl"
    heads.append(file, list(heads.read(sealed.file)))
    urls = sealed.postgres.fresh(sealed.older)
    with superuser(sealed.postgres, urls) as link:
        link.execute("UPDATE pay.endpoint SET enabled = false WHERE env = 1 AND id = 'we_1'")
        async with sealer(urls, file) as one:
            assert await one.seal() == 0
            assert await one.seal() == 0
        assert link.execute("SELECT max(number) FROM pay.audit_block WHERE env = 1").fetchone() == (1,)
        assert capsys.readouterr().out.count("audit_head_unknown") == 1
        file.rename(tmp_path / "kept-as-evidence.jsonl")  # what the operator does after a restore of their own
        async with sealer(urls, file) as one:
            assert await one.seal() == 3  # a new file begins with every environment's newest head
    assert await comparison.run(file, urls.auditor) == []


async def test_a_missing_or_damaged_file_is_a_finding(sealed: Sealed, tmp_path: Path) -> None:
    urls, file = sealed.copy(), tmp_path / "heads.jsonl"
    assert len(await comparison.run(file, urls.auditor)) == 3
    lines = sealed.file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0] + b"{}\n" + lines[1])
    assert await comparison.run(file, urls.auditor) == [f"line 2 of {file} is no head of a block"]
    file.write_bytes(b"".join(lines) + b'{"env": 1, "num')  # a crash of the machine
    assert await comparison.run(file, urls.auditor) == []
    heads.append(file, [{"env": 1, "number": 3, "hash": "ab"}])
    assert [head["number"] for head in heads.read(file)][-1] == 3
