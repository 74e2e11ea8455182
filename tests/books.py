"""What the money tests share: the superuser's way into a test database, the acquirers' journal, the books check."""

import asyncio
import io
import json
from collections import Counter
from contextlib import redirect_stdout
from typing import Any

import psycopg

from backend.reconciliation import invariants, records
from backend.stack import roles
from backend.stack.postgres import SUPERUSER, Postgres
from sandbox import __main__ as sandbox
from tests.stack import Schema, Stack

Row = dict[str, Any]
Link = psycopg.Connection[Any]

MOVED = {"capture": 1, "sale": 1, "refund": -1, "refund_return": 1}
"""Kinds of acquirer record that move money, and which way."""


def superuser(server: Postgres, urls: roles.Urls) -> str:
    """A libpq URI of the superuser for the database that `urls` name; only tests that tear walls down may use it."""
    name = str(psycopg.conninfo.conninfo_to_dict(urls.owner)["dbname"])
    return server.url(SUPERUSER, server.places.password(SUPERUSER), name)


def torn(postgres: Schema) -> tuple[roles.Urls, Link]:
    """A fresh database and the superuser's connection to it, each statement its own commit."""
    urls = postgres.fresh()
    return urls, psycopg.connect(superuser(postgres.server, urls), autocommit=True)


def journal(stack: Stack) -> list[Row]:
    """What the acquirers know, as their own program prints it from their own disk; here in this process."""
    with redirect_stdout(io.StringIO()) as printed:
        assert sandbox.main(["journal", "--json", "--data", str(stack.places.data)]) == 0
    rows: list[Row] = json.loads(printed.getvalue())
    return rows


def charged(rows: list[Row]) -> Counter[str]:
    """Minor units per currency that the acquirers say they owe us."""
    sums: Counter[str] = Counter()
    for row in rows:
        if row["status"] == "approved" and row["kind"] in MOVED:
            sums[row["currency"].lower()] += MOVED[row["kind"]] * row["amount"]
    return sums


def booked(stack: Stack) -> Counter[str]:
    """Minor units per currency that our ledger says the acquirers owe us, over all environments."""
    with psycopg.connect(stack.urls.auditor) as link:
        return Counter({currency: int(amount) for currency, amount in link.execute(
            "SELECT currency, sum(debits - credits) FROM pay.account WHERE kind = 'acquirer_clearing' "
            "GROUP BY currency")})


_BESIDE_THE_ACQUIRERS = {"L11", "P8"}


async def violations(stack: Stack) -> list[str]:
    """Import the journal, run every invariant; each violation in words. A message that is under way stands on one side
    only for a moment, so what differs from the acquirers, and that alone, is looked for once more."""
    for last in (False, True):
        await records.take(stack.urls.owner, stack.urls.auditor, journal(stack))
        found = await invariants.run(stack.urls.auditor, stack.urls.vault)
        if last or not found or {one.check.id for one in found} - _BESIDE_THE_ACQUIRERS:
            break
        await asyncio.sleep(3)
    return [str(one) for one in found]
