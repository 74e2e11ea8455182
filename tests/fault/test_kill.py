"""Payments through crashes: web, vault and worker are killed while the acquirers stay silent, drop and answer late.

Afterwards each order was paid once if we said so, never if we said no, and either way exactly as the API now says;
the acquirers' journal and our ledger agree; every repeated request gets the bytes that its first answer had.
Replay a run with FARTHING_SEED=<seed>.
"""

import asyncio
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import httpx2
import psycopg
import pytest

from tests import books
from tests.shoppers import Purchase, Shop, all_at_once, purchases
from tests.stack import Stack, temporary_folder

PAYMENTS, IN_FLIGHT, PAUSE_SECONDS = 200, 32, 0.15
KILLED = ("web", "vault", "worker")
KILLS_EACH = 5  # one more within a minute, and the supervisor would rightly give up
SETTLED_SECONDS = 90.0
FAULTS = {"approve_silent": 0.03, "drop": 0.03, "approve_late": 0.02}


@pytest.fixture
def crashing() -> Iterator[Stack]:
    """A stack of its own, for its parts are killed; acquirers time out fast so that it settles fast."""
    with temporary_folder() as folder:
        made = Stack(folder, ACQUIRER_TIMEOUT_SECONDS="2")
        try:
            made.start()
            yield made
        finally:
            made.stop()


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("FARTHING_SEED") or random.SystemRandom().randrange(1_000_000))


def _set_faults(stack: Stack, **wish: Any) -> None:
    with httpx2.Client(trust_env=False) as client:
        reply = client.post(f"http://127.0.0.1:{stack.sandbox_port}/control", json={"reset": True, **wish})
    assert reply.status_code == 200, reply.text


async def _kill(stack: Stack, seed: int, done: asyncio.Event) -> Counter[str]:
    """SIGKILL one process after the other until `done`; one that is away just then is left alone."""
    chance, kills, turn = random.Random(seed), Counter[str](), 0
    while not done.is_set():
        await asyncio.sleep(chance.uniform(1.0, 2.0))
        name = KILLED[turn % len(KILLED)]
        turn += 1
        if kills[name] < KILLS_EACH and stack.pid(name) and not done.is_set():
            try:
                stack.kill(name)
                kills[name] += 1
            except ProcessLookupError:
                continue
    return kills


def _open(stack: Stack) -> list[Any]:
    """What has not come to rest: payments, attempts, keys."""
    with psycopg.connect(stack.urls.auditor) as link:
        return link.execute("""
            SELECT 'payment', id, status, '' FROM pay.payment WHERE status = 'processing'
            UNION ALL SELECT 'attempt', id::text, kind || ' ' || status, coalesce(note, '') FROM pay.attempt
             WHERE status IN ('sent', 'unknown', 'manual')
            UNION ALL SELECT 'key', key, recovery_point, '' FROM pay.idempotency WHERE recovery_point <> 'finished'
            UNION ALL SELECT 'outbox', event_id, '', '' FROM pay.outbox WHERE dispatched_at IS NULL""").fetchall()


async def _settled(stack: Stack) -> tuple[float, list[Any]]:
    """Wait until all is at rest; the seconds it took, and what is still not."""
    began = time.monotonic()
    while (left := _open(stack)) and time.monotonic() - began < SETTLED_SECONDS:
        await asyncio.sleep(0.5)
    return time.monotonic() - began, left


def _money(stack: Stack, seed: int) -> dict[int, list[int]]:
    """Order -> what the acquirers took for it, message by message, whichever intents it was tried with."""
    with psycopg.connect(stack.urls.auditor) as link:
        orders = dict(link.execute(
            "SELECT a.network_key, p.metadata->>'order' FROM pay.attempt a "
            "JOIN pay.payment p ON (p.env, p.id) = (a.env, a.payment_id)").fetchall())
    taken: dict[int, list[int]] = defaultdict(list)
    for row in books.journal(stack):
        if row["status"] == "approved" and row["kind"] in ("sale", "capture"):
            order = orders[row["network_key"]]  # a charge that we know nothing of fails here
            taken[int(order.removeprefix(f"{seed}-"))].append(row["amount"])
    return taken


def _lies(orders: list[Purchase], taken: dict[int, list[int]]) -> list[str]:
    """Where the acquirers' truth is not what the shop was told, or not what the API says now."""
    found = []
    for order in orders:
        money, says = taken.get(order.number, []), order.intent
        last = order.told[-1].status if order.told else 0
        where = (f"{order.number} {order.kind} {order.amount} {order.currency}: took {money}, "
                 f"told {[(told.key, told.status, told.tries) for told in order.told]}, now {says.get('status')}")
        if len(money) > 1:
            found.append(f"charged twice: {where}")
        if says["status"] not in ("succeeded", "canceled", "requires_capture", "requires_payment_method"):
            found.append(f"unresolved: {where}")
        if sum(money) != says["amount_received"] or bool(money) != (says["status"] == "succeeded"):
            found.append(f"not what the API says: {where}")
        if last == 402 and money:
            found.append(f"told no, charged: {where}")
        if last == 200 and b'"status":"succeeded"' in order.told[-1].body and sum(money) != order.taken:
            found.append(f"told yes, not charged: {where}")
    return found


async def test_no_payment_is_lost_or_doubled_by_crashes(crashing: Stack, seed: int) -> None:
    print(f"\nseed {seed}")
    orders, done = purchases(seed, PAYMENTS), asyncio.Event()
    _set_faults(crashing, faults=FAULTS, late_ms=4000, latency_ms=120, seed=seed)
    shop, began = Shop(crashing.api_base, crashing.secret_key, seed), time.monotonic()
    try:
        killing = asyncio.create_task(_kill(crashing, seed, done))
        try:
            await all_at_once(shop, orders, IN_FLIGHT, PAUSE_SECONDS)
        finally:
            done.set()
        kills, ran = await killing, time.monotonic() - began
        _set_faults(crashing)
        for name in KILLED:
            crashing.wait(lambda name=name: crashing.pid(name) > 0)
        waited, left = await _settled(crashing)
        for order in orders:
            await shop.look(order)
        taken = _money(crashing, seed)
        lies = _lies(orders, taken)
        differ, repeated = await _repeat_all(shop, orders)
    finally:
        await shop.close()
    theirs, ours = books.charged(books.journal(crashing)), books.booked(crashing)
    doubles = sum(len(money) > 1 for money in taken.values())
    broken = await books.violations(crashing)
    states = Counter(order.intent["status"] for order in orders)
    print(f"payments {PAYMENTS}, in flight {IN_FLIGHT}, kills {sum(kills.values())} {dict(kills)}, ran {ran:.0f} s, "
          f"settled {waited:.1f} s after; unresolved {len(left)}, doubles {doubles}, wrong answers {len(lies)}, "
          f"keys repeated {repeated}, not byte-equal {len(differ)}, "
          f"journal - ledger {({name: theirs[name] - ours[name] for name in theirs | ours})}; "
          f"{dict(states)}; {dict(shop.answers)}")
    assert left == []
    assert lies == []
    assert theirs == ours
    assert broken == []
    assert differ == []


async def _repeat_all(shop: Shop, orders: list[Purchase]) -> tuple[list[str], int]:
    """Send every answered request once more: same status, same bytes."""
    differ, count = [], 0
    for order in orders:
        for told in order.told:
            again = await shop.repeat(told)
            count += 1
            if (again.status_code, again.content) != (told.status, told.body):
                differ.append(f"{told.key}: {told.status} {told.body!r} but then {again.status_code} "
                              f"{again.content!r}")
            elif "idempotent-replayed" not in again.headers:
                differ.append(f"{told.key}: executed twice")
    return differ, count
