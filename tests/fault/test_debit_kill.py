"""Bank debits through crashes: web, vault, worker and the bank itself are killed while answers are lost.

Afterwards every debit has the one end that the bank's journal has, our ledger agrees with it, each key has its first
answer, and every charge of a test account for disputes has exactly one dispute. Replay with FARTHING_SEED=<seed>.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import httpx2
import psycopg
import pytest

from tests import books
from tests.fault.killer import KILLED, set_faults, settled
from tests.fault.test_refund_kill import FAULTS, KILLS_EACH, Answer, _ask
from tests.stack import Stack, running

DEBITS, IN_FLIGHT, PAUSE_SECONDS = 120, 16, 0.3
ENDS = {"success": "succeeded", "dispute": "succeeded", "insufficientFunds": "requires_payment_method",
        "noAccount": "requires_payment_method"}


@pytest.fixture
def crashing() -> Iterator[Stack]:
    with running(ACQUIRER_TIMEOUT_SECONDS="2") as made:
        yield made


async def _kill(stack: Stack, chance: random.Random, done: asyncio.Event) -> Counter[str]:
    kills, names = Counter[str](), (*KILLED, "sandbox")
    while not done.is_set():
        await asyncio.sleep(chance.uniform(0.8, 1.6))
        name = names[sum(kills.values()) % len(names)]
        if kills[name] < KILLS_EACH - 1 and not done.is_set():
            with suppress(ProcessLookupError):  # on a busy machine it may not be back yet
                stack.kill(name)
                kills[name] += 1
    return kills


async def test_no_debit_is_lost_or_doubled_by_crashes(crashing: Stack) -> None:
    seed = int(os.environ.get("FARTHING_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"\nseed {seed}")
    chance, done, places = random.Random(seed), asyncio.Event(), asyncio.Semaphore(IN_FLIGHT)
    kinds = [chance.choice(list(ENDS)) for _ in range(DEBITS)]
    asked = [({"amount": str(1000 + n), "currency": "usd", "confirm": "true", "metadata[end]": kind,
               "payment_method": f"pm_usBankAccount_{kind}", "payment_method_types[]": "us_bank_account",
               "mandate_data[customer_acceptance][type]": "offline"}, f"{seed}-{n}") for n, kind in enumerate(kinds)]
    set_faults(crashing, faults=FAULTS, seed=seed)
    async with httpx2.AsyncClient(base_url=crashing.api_base, auth=(crashing.secret_key, ""), timeout=40,
                                  trust_env=False) as client:
        async def one(form: dict[str, str], key: str) -> Answer:
            async with places:
                await asyncio.sleep(PAUSE_SECONDS * chance.random() * 4)
                return await _ask(client, "/v1/payment_intents", form, key)

        killing = asyncio.create_task(_kill(crashing, random.Random(seed), done))
        try:
            told = await asyncio.gather(*(one(*request) for request in asked))
        finally:
            done.set()
        kills = await killing
        set_faults(crashing)
        for name in (*KILLED, "sandbox"):
            crashing.wait(lambda name=name: crashing.pid(name) > 0)
        waited, left = await settled(crashing)
        again = [await _ask(client, "/v1/payment_intents", *request) for request in asked]
    differ = [pair for pair in zip(told, again, strict=True) if pair[0] != pair[1] and pair[0][0] == 200]
    with psycopg.connect(crashing.urls.auditor) as link:
        ends = Counter(link.execute("SELECT metadata->>'end', status FROM pay.payment").fetchall())
        disputes = dict(link.execute("SELECT charge_id, count(*) FROM pay.dispute GROUP BY 1").fetchall())
        disputed = [id for (id,) in link.execute(
            "SELECT id FROM pay.charge WHERE scenario IS NOT NULL AND status = 'succeeded'")]
        names = dict(link.execute("SELECT network_key, payment_id FROM pay.attempt").fetchall())
    journal = [row for row in books.journal(crashing) if row["connector"] == "bank"]
    taken = Counter(names[row["network_key"]] for row in journal if row["status"] == "approved")
    theirs, ours = books.charged(journal), books.booked(crashing)
    print(f"debits {DEBITS}, kills {sum(kills.values())} {dict(kills)}, settled {waited:.1f} s after; {dict(ends)}; "
          f"most debits of a payment {max(taken.values())}, disputes {len(disputes)} of {len(disputed)}, not "
          f"byte-equal {len(differ)}, journal - ledger {({name: theirs[name] - ours[name] for name in theirs})}")
    assert left == []
    assert {status for status, _ in told} <= {200, 402}
    assert differ == []
    assert max(taken.values()) == 1
    assert theirs == ours
    # a debit that never reached the bank was failed by its tombstone; none that did may have another end than its row's
    # and one whose message could not leave was closed, for its retry to make another
    assert all(status in (ENDS[kind], "requires_payment_method", "canceled") for kind, status in ends)
    assert disputes == dict.fromkeys(disputed, 1)
    assert await books.violations(crashing) == []
