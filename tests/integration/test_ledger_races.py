"""Many writers, few accounts: every posting counts once, and every reading of the whole adds up (E12)."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from backend.ledger import chart
from backend.stack import roles
from tests import books
from tests.stack import Schema

SEED = 12
WRITERS, ENTRIES, NEW = 8, 40, 40
KINDS = ("acquirer_clearing", "fee_revenue", "losses", "bank_cash")  # none of them has a floor
TOTALS = """
SELECT sum(credits - debits), sum(credits), (SELECT coalesce(sum(amount), 0) FROM pay.transfer WHERE env = 1)
  FROM pay.account WHERE env = 1
"""
STEPS = """
SELECT count(*) FROM pay.account a WHERE a.env = 1 AND (a.version, a.credits - a.debits) <> (
  SELECT count(*), coalesce(sum(CASE WHEN t.credit_id = a.id THEN t.amount ELSE -t.amount END), 0)
    FROM pay.transfer t WHERE t.env = 1 AND a.id IN (t.debit_id, t.credit_id))
"""


def _entries(writer: int) -> list[dict[str, Any]]:
    chance = random.Random(SEED * 1000 + writer)
    made = []
    for number in range(ENTRIES):
        debit, credit = chance.sample(KINDS, 2)
        made.append({"op": "post", "group": f"00000000-0000-4000-8000-{writer:012}", "debit": debit, "credit": credit,
                     "currency": "usd", "amount": chance.randint(1, 900), "code": "x", "ref": f"{writer}-{number}"})
    return made


def _connect(urls: roles.Urls, env: int = 1) -> psycopg.Connection[Any]:
    link = psycopg.connect(urls.app, autocommit=True)
    link.execute("SELECT set_config('app.env', %s, false)", (str(env),))
    return link


def _write(urls: roles.Urls, writer: int) -> int:
    """Posts one entry after the other; returns how many were refused."""
    refused = 0
    with _connect(urls) as link:
        for entry in _entries(writer):
            try:
                link.execute("SELECT pay.ledger_apply(1, %s)", (Jsonb([entry]),))
            except psycopg.Error:
                refused += 1
    return refused


def _post_at_once(urls: roles.Urls, writer: int, together: Barrier) -> Counter[str]:
    """The writer's first entry in each new environment, all writers at one moment; refusals by their SQLSTATE."""
    refused: Counter[str] = Counter()
    entry = _entries(writer)[0]
    with _connect(urls) as link:
        for env in range(1, NEW + 1):
            link.execute("SELECT set_config('app.env', %s, false)", (str(env),))
            together.wait()
            try:
                link.execute("SELECT pay.ledger_apply(%s, %s)", (env, Jsonb([entry])))
            except psycopg.Error as error:
                refused[error.sqlstate or "?"] += 1
    return refused


def test_the_first_postings_of_a_merchant_may_come_at_one_moment(postgres: Schema) -> None:
    urls, link = books.torn(postgres)
    link.execute("INSERT INTO core.account (id, name) VALUES ('acct_1', 'One')")
    link.execute("INSERT INTO core.environment (account_id, mode, name) "
                 "SELECT 'acct_1', 'sandbox', n::text FROM generate_series(1, %s) n", (NEW,))
    together = Barrier(WRITERS)
    with ThreadPoolExecutor(WRITERS) as pool:
        each = list(pool.map(lambda writer: _post_at_once(urls, writer, together), range(WRITERS)))
    count = link.execute("SELECT count(*) FROM pay.transfer").fetchone()
    link.close()
    assert (dict(sum(each, Counter())), count) == ({}, (NEW * WRITERS,))


def test_no_posting_is_lost_and_the_whole_always_adds_up(postgres: Schema) -> None:
    urls, link = books.torn(postgres)
    link.execute("INSERT INTO core.account (id, name) VALUES ('acct_1', 'One')")
    link.execute("INSERT INTO core.environment (account_id, mode) VALUES ('acct_1', 'test')")
    wrong = reads = 0
    with ThreadPoolExecutor(WRITERS) as pool, _connect(urls) as reader:
        began = time.monotonic()
        running = [pool.submit(_write, urls, writer) for writer in range(WRITERS)]
        while not all(one.done() for one in running):
            row = reader.execute(TOTALS).fetchone()
            assert row
            net, turnover, moved = row
            reads += 1
            wrong += bool(net) or (turnover or 0) != moved
            time.sleep(0.02)
        took, refused = time.monotonic() - began, sum(one.result() for one in running)
        whole = reader.execute(STEPS).fetchone()
    count = link.execute("SELECT count(*) FROM pay.transfer").fetchone()
    link.close()
    print(f"\nseed {SEED}: {WRITERS} writers, {WRITERS * ENTRIES} postings, {WRITERS * ENTRIES / took:.0f}/s; "
          f"wrong totals {wrong} of {reads} reads")
    assert (refused, wrong, whole, count) == (0, 0, (0,), (WRITERS * ENTRIES,))


def test_a_posting_reads_the_balance_only_when_the_one_before_it_is_over(postgres: Schema) -> None:
    urls, link = books.torn(postgres)
    link.execute("INSERT INTO core.account (id, name) VALUES ('acct_1', 'One')")
    link.execute("INSERT INTO core.environment (account_id, mode) VALUES ('acct_1', 'test')")
    first, second = _entries(0)[0], _entries(0)[0] | {"ref": "second"}
    post = "SELECT pay.ledger_apply(1, %s)"
    with ThreadPoolExecutor(1) as pool, _connect(urls) as one, _connect(urls) as other:
        one.execute(post, (Jsonb([first | {"ref": "opens the accounts"}]),))
        with one.transaction():
            one.execute(post, (Jsonb([first]),))
            later = pool.submit(other.execute, post, (Jsonb([second]),))
            waits = "SELECT pg_blocking_pids(%s) <> '{}'"
            while link.execute(waits, (other.info.backend_pid,)).fetchone() != (True,):
                assert not later.done()
        later.result(timeout=30)
    told = link.execute("SELECT debit_version, debit_after FROM pay.transfer ORDER BY debit_version").fetchall()
    link.close()
    assert told == [(n, -n * first["amount"]) for n in (1, 2, 3)]


def test_a_hold_that_is_closed_twice_in_one_commit_is_refused_and_nothing_is_given_free(postgres: Schema) -> None:
    urls, link = books.torn(postgres)
    link.execute("INSERT INTO core.account (id, name) VALUES ('acct_1', 'One')")
    link.execute("INSERT INTO core.environment (account_id, mode) VALUES ('acct_1', 'test')")
    held = [entry for id in ("pi_1", "pi_2") for entry in chart.authorized(id, 1000, "usd")]
    with _connect(urls) as writer:
        writer.execute("SELECT pay.ledger_apply(1, %s)", (Jsonb(held),))
        with pytest.raises(psycopg.errors.CheckViolation, match="auth pi_1 not pending"):
            writer.execute("SELECT pay.ledger_apply(1, %s)", (Jsonb(chart.released("pi_1", "usd") * 2),))
    pending = link.execute("SELECT DISTINCT pending_debits + pending_credits FROM pay.account").fetchall()
    link.close()
    assert pending == [(2000,)]
