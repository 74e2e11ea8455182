"""The worker's crash points: relay, delivery and reconciler are killed between taking work and being done with it.

Each death meets a payment that was answered and one that was not; afterwards both are as the acquirers say, every event
has reached the merchant at least once, and what came twice came in the same bytes under the same id. So it is with the
receipts of the payments: each came, and again only under the same Message-ID.
"""

import asyncio
import random
import time
from collections import defaultdict
from typing import Any

import httpx2
import psycopg

from backend import crash
from backend.stack import roles
from backend.stack.postgres import SUPERUSER, Postgres
from tests.fault.experiments import matrix
from tests.receivers import Receiver
from tests.stack import Stack

JOBS = ("relay", "delivery", "reconcile", "mail")
DELIVERED_SECONDS, MAILED_SECONDS = 90.0, 180.0


async def run(seed: int, quick: bool) -> dict[str, Any]:
    """`quick`: one point of each job, and leases that are short. Else all of them."""
    chance = random.Random(seed)
    points = [chance.choice(of_job(job)) for job in JOBS] if quick else list(crash.WORKER)
    began, wrong = time.monotonic(), defaultdict[str, list[str]](list)
    async with matrix.ground() as ground, Receiver() as shop:
        hook = await ground.ask("/v1/webhook_endpoints", {"url": shop.url, "enabled_events[]": "*"}, f"{seed}-hook")
        assert hook.status == 200, hook.body
        hurry = asyncio.create_task(_hurry(ground.stack) if quick else asyncio.sleep(0))
        for number, point in enumerate(points):
            wrong[point] += await _one(ground, point, 1000 + 10 * number, f"{seed}-{number}")
            print(f"worker   {point:24} {'RED ' + '; '.join(wrong[point]) if wrong[point] else 'ok'}", flush=True)
        missing = await _missing(ground.stack, shop)
        mails = await _mails(ground.stack)
        hurry.cancel()
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for one in shop.received:
        bodies[one.headers["webhook-id"]].add(one.body)
    passed = sum(not found for found in wrong.values())
    differ = sum(len(found) > 1 for found in bodies.values())
    lost = len(points) - len({to for to, _ in mails})
    good = passed == len(points) and not missing and not differ and not lost and len(set(mails)) == len(points)
    return {"seed": seed, "n": len(points), "passed": passed, "events": len(bodies), "undelivered": len(missing),
            "mails_lost": lost, "mails_again": len(mails) - len(set(mails)),
            "delivered_again": len(shop.received) - len(bodies), "bodies_that_differ": differ,
            "verdict": "pass" if good else "fail", "seconds": round(time.monotonic() - began, 1)}


def of_job(job: str) -> list[str]:
    """The crash points of one of the worker's jobs."""
    return [name for name in crash.WORKER if name.startswith(job)]


async def _one(ground: matrix.Ground, point: str, amount: int, key: str) -> list[str]:
    await ground.control(match=[{"fault": "approve_silent", "amount": amount + 1},
                                {"fault": "drop", "kind": "capture", "once": True}])

    async def pay() -> list[Any]:
        told = [await ground.ask("/v1/payment_intents", matrix.form(amount + more, confirm="true", **how),
                                 f"{key}-{more}") for more, how in enumerate((
                                     {"receipt_email": f"{key}@example.com"}, {}, {"capture_method": "manual"}))]
        captured = f"/v1/payment_intents/{told[2].json['id']}/capture"
        return [*told, await ground.ask(captured, {}, f"{key}-capture")]

    async def look() -> None:
        """What a worker leaves behind is told by what follows."""

    _, died = await ground.death(point, "worker", pay, look)
    wrong = [] if died else ["the point was not reached"]
    wrong += [f"unsettled {left}" for left in await ground.settled()]
    return wrong + await ground.books()


async def _hurry(stack: Stack) -> None:
    """Leases that a dead worker holds run out after seconds instead of a minute."""
    server = Postgres(stack.places)
    url = server.url(SUPERUSER, stack.places.password(SUPERUSER), roles.DATABASE)
    while True:
        await asyncio.sleep(2)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as link:
            await link.execute("UPDATE pay.delivery SET leased_until = now() "
                               "WHERE leased_until BETWEEN now() AND now() + interval '50 seconds'")
            await link.execute("UPDATE pay.attempt SET leased_until = now() "
                               "WHERE leased_until BETWEEN now() AND now() + interval '35 seconds'")
            await link.execute("UPDATE pay.mail SET leased_until = now() "
                               "WHERE leased_until BETWEEN now() AND now() + interval '110 seconds'")


async def _mails(stack: Stack) -> list[tuple[str, str]]:
    """Address and Message-ID of each receipt that came, when none waits any more."""
    until = time.monotonic() + MAILED_SECONDS
    while True:
        with psycopg.connect(stack.urls.auditor) as link:
            row = link.execute("SELECT count(*) FROM pay.mail WHERE status = 'waiting'").fetchone()
        if row == (0,) or time.monotonic() > until:
            break
        await asyncio.sleep(0.5)
    async with httpx2.AsyncClient(trust_env=False) as client:
        came = (await client.get(f"http://127.0.0.1:{stack.sandbox_port}/mail?format=json")).json()
    return [(one["to"], one["message_id"]) for one in came]


async def _missing(stack: Stack, shop: Receiver) -> set[str]:
    """The events that the merchant never got, after all the time that a dead worker's leases need."""
    until = time.monotonic() + DELIVERED_SECONDS
    while True:
        with psycopg.connect(stack.urls.auditor) as link:
            events = {id for (id,) in link.execute("SELECT id FROM pay.event")}
        missing = events - {one.headers["webhook-id"] for one in shop.received}
        if not missing or time.monotonic() > until:
            return missing
        await asyncio.sleep(0.5)
