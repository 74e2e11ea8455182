"""Refunds through crashes: web, vault and worker are killed while the acquirers stay silent, drop and answer late.

Afterwards every refund has one end, each key its first answer, and nobody was given more than was taken.
Replay a run with FARTHING_SEED=<seed>.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterator

import httpx2
import psycopg
import pytest

from tests import books
from tests.fault.killer import KILLED, Killer, set_faults, settled
from tests.stack import Stack, running

PAYMENTS, REFUNDS_EACH, IN_FLIGHT, PAUSE_SECONDS = 40, 4, 16, 0.2
AMOUNTS = (300, 400, 500, 1000)
FAULTS = {"approve_silent": 0.03, "drop": 0.03, "approve_late": 0.02}
KILLS_EACH = 5  # one more within a minute, and the supervisor would rightly give up
Answer = tuple[int, bytes]


@pytest.fixture
def crashing() -> Iterator[Stack]:
    with running(ACQUIRER_TIMEOUT_SECONDS="2") as made:
        yield made


async def _ask(client: httpx2.AsyncClient, path: str, form: dict[str, str], key: str) -> Answer:
    """One request with its key, repeated as the official libraries do until it has an answer."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        try:
            reply = await client.post(path, data=form, headers={"Idempotency-Key": key})
        except httpx2.TransportError:
            await asyncio.sleep(0.3)
            continue
        if reply.status_code not in (409, 429, 500, 502, 503, 504):
            return reply.status_code, reply.content
        await asyncio.sleep(0.3)
    raise AssertionError(f"no answer: {path} {key}")


async def test_no_refund_is_lost_or_doubled_by_crashes(crashing: Stack) -> None:
    seed = int(os.environ.get("FARTHING_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"\nseed {seed}")
    chance, places, killer = random.Random(seed), asyncio.Semaphore(IN_FLIGHT), Killer(crashing, seed)
    async with httpx2.AsyncClient(base_url=crashing.api_base, auth=(crashing.secret_key, ""), timeout=40,
                                  trust_env=False) as client:
        form = {"amount": "1000", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true"}
        paid = [(await client.post("/v1/payment_intents", data=form)).json()["id"] for _ in range(PAYMENTS)]
        asked = [({"payment_intent": id, "amount": str(chance.choice(AMOUNTS))}, f"{seed}-{id}-{turn}")
                 for id in paid for turn in range(REFUNDS_EACH)]
        chance.shuffle(asked)
        set_faults(crashing, faults=FAULTS, late_ms=4000, latency_ms=120, seed=seed)

        async def one(form: dict[str, str], key: str) -> Answer:
            async with places:
                await asyncio.sleep(PAUSE_SECONDS * chance.random() * 4)
                return await _ask(client, "/v1/refunds", form, key)

        hunts = [asyncio.create_task(killer.hunt(name, 3.0, 6.0, KILLS_EACH)) for name in KILLED]
        try:
            told = await asyncio.gather(*(one(*request) for request in asked))
        finally:
            for hunt in hunts:
                hunt.cancel()
            await asyncio.gather(*hunts, return_exceptions=True)
        set_faults(crashing)
        await killer.all_back()
        waited, left = await settled(crashing)
        again = [await _ask(client, "/v1/refunds", *request) for request in asked]
    differ = [pair for pair in zip(told, again, strict=True) if pair[0] != pair[1] and pair[0][0] == 200]
    with psycopg.connect(crashing.urls.auditor) as link:
        payments = dict(link.execute("SELECT network_key, payment_id FROM pay.attempt").fetchall())
        states = Counter(status for (status,) in link.execute("SELECT status FROM pay.refund"))
    given: Counter[str] = Counter()
    for row in books.journal(crashing):
        if row["kind"] == "refund" and row["status"] == "approved":
            given[payments[row["network_key"]]] += row["amount"]
    theirs, ours = books.charged(books.journal(crashing)), books.booked(crashing)
    print(f"refunds asked {len(asked)}, kills {killer.kills.total()} {dict(killer.kills)}, "
          f"settled {waited:.1f} s after; {dict(states)}, {dict(Counter(status for status, _ in told))}; "
          f"most given back {max(given.values())}, not byte-equal {len(differ)}, "
          f"journal - ledger {({name: theirs[name] - ours[name] for name in theirs})}")
    assert left == []
    assert {status for status, _ in told} <= {200, 400}
    assert differ == []
    assert max(given.values()) <= 1000
    assert theirs == ours
    assert await books.violations(crashing) == []
