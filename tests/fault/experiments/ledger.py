"""Sixty-four writers on one merchant's few accounts: a million operations of the ledger, none lost, none twice."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from backend import money
from backend.ledger import chart
from backend.reconciliation import invariants
from backend.stack import roles
from tests import books
from tests.fault.verdicts import Figures, verdict
from tests.stack import bare_database

TITLE = "A million operations of the ledger by sixty-four writers"
WRITERS, OPERATIONS, QUICK = 64, 1_000_000, 4_000
CURRENCIES = ("usd", "eur", "jpy")
TOGETHER_MAX = 64
"""Facts of one commit: as many payments as may share one."""
CHECKS = frozenset(f"L{number}" for number in range(1, 11))
"""L11 and L12 compare with acquirers' records and payments, of which there are none here."""


@dataclass
class Writer:
    """One connection that posts facts one commit after the other, and remembers what it was told is done."""

    number: int
    chance: random.Random
    held: list[tuple[str, int, str]] = field(default_factory=list)
    _new: list[tuple[str, int, str]] = field(default_factory=list)
    """Held by the commit that is being written: it may end in the next one."""
    done: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    """Minor units captured, and as fees, per currency."""
    waited: int = 0
    """Commits that gave up waiting for a lock, which writes nothing, and were sent again."""
    refused: list[str] = field(default_factory=list)
    _facts: int = 0

    async def write(self, url: str, count: int) -> None:
        """Post until `count` operations are done."""
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as link:
            await link.execute("SELECT set_config('app.env', '1', false)")
            while self.done.total() < count:
                facts = [self._fact() for _ in range(self.chance.randint(1, TOGETHER_MAX))]
                entries = [entry for fact in facts for entry in fact]
                try:
                    await self._post(link, entries)
                except psycopg.Error as error:
                    self.refused.append(f"{error.sqlstate} {error}"[:300])
                    return
                self.done.update(entry["op"] for entry in entries)
                self.held, self._new = self.held + self._new, []

    async def _post(self, link: psycopg.AsyncConnection[Any], entries: list[chart.Entry]) -> None:
        while True:
            try:
                await link.execute("SELECT pay.ledger_apply(1, %s)", (Jsonb(entries),))
                return
            except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
                self.waited += 1

    def _fact(self) -> list[chart.Entry]:
        """What happens next to one payment: sold at once, held, or the end of one that is held."""
        if self.held and self.chance.random() < 0.5:
            return self._end(*self.held.pop(self.chance.randrange(len(self.held))))
        id, amount = self._named(), self.chance.randint(100, 20_000)
        currency = self.chance.choice(CURRENCIES)
        if self.chance.random() < 0.5:
            self._took(amount, currency)
            return chart.captured(id, amount, currency, from_hold=False)
        self._new.append((id, amount, currency))
        return chart.authorized(id, amount, currency)

    def _end(self, id: str, amount: int, currency: str) -> list[chart.Entry]:
        if self.chance.random() < 0.3:
            return chart.released(id, currency)
        part = amount if self.chance.random() < 0.5 else self.chance.randint(100, amount)
        self._took(part, currency)
        return chart.captured(id, part, currency, from_hold=True)

    def _took(self, amount: int, currency: str) -> None:
        self.taken[currency] += amount
        self.taken[f"{currency} fee"] += money.fee(amount, currency)

    def _named(self) -> str:
        self._facts += 1
        return f"pi_{self.number}_{self._facts}"


async def run(seed: int, quick: bool) -> Figures:
    """Write, then compare the accounts with what the writers were told, and check every rule of the ledger."""
    count, began = QUICK if quick else OPERATIONS, time.monotonic()
    with bare_database() as postgres:
        urls, link = books.torn(postgres)
        link.execute("INSERT INTO core.account (id, name) VALUES ('acct_1', 'One')")
        link.execute("INSERT INTO core.environment (account_id, mode) VALUES ('acct_1', 'test')")
        writers = [Writer(number, random.Random(seed * 1000 + number)) for number in range(WRITERS)]
        started = time.monotonic()
        await asyncio.gather(*(writer.write(urls.app, count // WRITERS) for writer in writers))
        seconds = time.monotonic() - started
        figures, why = await _found(urls, link, writers)
        link.close()
    figures |= {"writers": WRITERS, "waits_given_up": sum(writer.waited for writer in writers),
                "writing_seconds": round(seconds, 1),
                "operations_a_second": round(figures["operations"] / seconds)}
    return verdict(seed, figures["operations"], began, figures, why=why, at_least={"operations": count},
                   at_most={"refused": 0, "sum_of_all_accounts": 0, "cents_of_difference": 0,
                            "transfers_missing_or_twice": 0, "invariants_violated": 0})


async def _found(urls: roles.Urls, link: psycopg.Connection[Any], writers: list[Writer]) -> tuple[Figures, list[str]]:
    """The figures, and the invariants that do not hold in words."""
    link.execute("ANALYZE")
    done, taken = Counter[str](), Counter[str]()
    for writer in writers:
        done.update(writer.done)
        taken.update(writer.taken)
    rows = link.execute("SELECT kind, currency, sum(credits - debits)::bigint FROM pay.account "
                        "GROUP BY kind, currency").fetchall()
    balances = {(kind, currency.strip()): amount for kind, currency, amount in rows}
    difference = sum(abs(balances.get(("acquirer_clearing", currency), 0) + taken[currency])
                     + abs(balances.get(("fee_revenue", currency), 0) - taken[f"{currency} fee"])
                     for currency in CURRENCIES)
    transfers = link.execute("SELECT count(*) FROM pay.transfer").fetchone()
    assert transfers
    broken = [one for one in await invariants.run(urls.auditor, urls.vault) if one.check.id in CHECKS]
    return {"operations": done.total(), **{f"operations_{op}": number for op, number in sorted(done.items())},
            "refused": sum(len(writer.refused) for writer in writers),
            "sum_of_all_accounts": sum(abs(sum(amount for (_, its), amount in balances.items() if its == currency))
                                       for currency in CURRENCIES),
            "cents_of_difference": difference, "transfers_missing_or_twice": abs(transfers[0] - done["post"]),
            "invariants_violated": len(broken)}, [*(why for writer in writers for why in writer.refused),
                                                  *(str(one) for one in broken)]
