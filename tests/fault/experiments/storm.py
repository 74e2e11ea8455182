"""Payments through a storm (E1, E17): every process is killed again and again, acquirers fail, Redis goes away.

Each order was paid once if we said so, never if we said no, and otherwise as the API now says; the acquirers' journal
and our ledger agree to the cent; every event reached a real receiver; repeated requests get the bytes of the first
answer. The shops use the official `stripe` library.
"""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.fault import checker
from tests.fault.killer import Killer, set_faults, settled
from tests.fault.verdicts import Figures, verdict
from tests.receivers import Received, Receiver, status
from tests.shoppers import GaveUp, OfficialShop, Purchase, purchases
from tests.stack import PatientStack, Stack, running

TITLE = "Payments through a storm"
FAULTS = {"approve_silent": 0.025, "drop": 0.035, "approve_late": 0.01, "answer_twice": 0.02, "approve_then_96": 0.01}
"""Time-outs are 6 %: of these the acquirer took the money in 2.5 %, never heard of it in 3.5 %; 1 % answer too late."""

DESERTERS = 0.04
"""Shoppers who close the page in the middle of a request and never ask again."""

LIMITS = {"double_charges": 0, "lost_charges": 0, "cents_of_difference": 0, "unresolved_after_90_s": 0,
          "open_rows_after_90_s": 0, "wrong_answers": 0, "forbidden_transitions": 0, "invariants_violated": 0,
          "lost_events": 0, "invented_events": 0, "succeeded_without_event": 0, "duplicates_that_differ": 0,
          "replays_that_differ": 0}


@dataclass(frozen=True)
class Size:
    """How big a storm is. `web` and `others` are the seconds between two kills; `most` is how often one is killed, the
    other numbers of kills are least ones."""

    payments: int
    in_flight: int
    pause_seconds: float
    web: tuple[float, float]
    others: tuple[float, float]
    outage_after_seconds: float
    outage_seconds: float
    web_kills: int
    other_kills: int
    most: int | None = None


FULL = Size(2000, 64, 0.09, (2.0, 5.0), (8.0, 12.0), 60.0, 30.0, 40, 8)
QUICK = Size(200, 64, 0.15, (2.0, 5.0), (6.0, 9.0), 10.0, 8.0, 3, 1, most=8)


async def run(seed: int, quick: bool) -> Figures:
    """The whole storm on a stack of its own."""
    size, began = QUICK if quick else FULL, time.monotonic()
    with running(PatientStack, ACQUIRER_TIMEOUT_SECONDS="2") as stack:
        return await _Storm(stack, seed, size).run(began)


class _Storm:
    def __init__(self, stack: Stack, seed: int, size: Size) -> None:
        self.stack, self.seed, self.size = stack, seed, size
        self.shop = OfficialShop(stack.api_base, stack.secret_key, seed)
        self.killer = Killer(stack, seed)
        self.orders = purchases(seed, size.payments)
        self.silent: Counter[str] = Counter()

    async def run(self, began: float) -> Figures:
        async with Receiver(script=_Moody(self.seed)) as receiver:
            endpoint = await self._listen(receiver)
            set_faults(self.stack, faults=FAULTS, late_ms=4000, latency_ms=120, seed=self.seed)
            try:
                outage = await self._rage()
                set_faults(self.stack)
                waited, left = await settled(self.stack)
                figures, why = await self._look(endpoint, receiver)
            finally:
                await self.shop.close()
        figures |= {"open_rows_after_90_s": len(left), "settled_after_seconds": round(waited, 1), **outage,
                    **{f"kills_{name}": count for name, count in sorted(self.killer.kills.items())}}
        least = {"kills_web": self.size.web_kills, "kills_vault": self.size.other_kills,
                 "kills_worker": self.size.other_kills, "redis_outage_success_percent": 99.0,
                 "told_something": self.size.payments * 0.9}
        return verdict(self.seed, self.size.payments, began, figures, at_most=LIMITS, at_least=least,
                       why=[str(row) for row in left] + why)

    async def _listen(self, receiver: Receiver) -> str:
        """Register the receiver; answers the endpoint's id. Profile d0 tries again after seconds, not hours."""
        async with httpx2.AsyncClient(base_url=self.stack.api_base, auth=(self.stack.secret_key, ""),
                                      trust_env=False) as client:
            reply = await client.post("/v1/webhook_endpoints", data={
                "url": receiver.url, "enabled_events[]": "*", "profile": "d0"})
        assert reply.status_code == 200, reply.text
        return str(reply.json()["id"])

    async def _rage(self) -> dict[str, Any]:
        """Everything goes wrong until each order has its answer or nobody asks for it any more."""
        hunts = [asyncio.create_task(self.killer.hunt(name, *pace, self.size.most)) for name, pace in
                 (("web", self.size.web), ("vault", self.size.others), ("worker", self.size.others))]
        redis = asyncio.create_task(self._without_redis())
        began = time.monotonic()
        try:
            await self._sell()
            outage = await redis
        finally:
            for hunt in (*hunts, redis):
                hunt.cancel()
            ended = await asyncio.gather(*hunts, redis, return_exceptions=True)
        assert all(one is None or isinstance(one, asyncio.CancelledError | dict) for one in ended), ended
        storm_seconds = round(time.monotonic() - began, 1)
        await self.killer.all_back()
        return outage | {"storm_seconds": storm_seconds}

    async def _without_redis(self) -> dict[str, Any]:
        await asyncio.sleep(self.size.outage_after_seconds)
        began, ended = await self.killer.take_redis(self.size.outage_seconds)
        tries = [well for start, end, well in self.shop.asked if start >= began and end <= ended]
        return {"redis_outage_seconds": round(ended - began, 1), "redis_outage_requests": len(tries),
                "redis_outage_success_percent": round(100 * sum(tries) / max(1, len(tries)), 2)}

    async def _sell(self) -> None:
        chance, places = random.Random(self.seed + 1), asyncio.Semaphore(self.size.in_flight)

        async def one(order: Purchase, patience: float | None) -> None:
            async with places:
                try:
                    await asyncio.wait_for(self.shop.buy(order), patience)
                except TimeoutError:
                    self.silent["deserted"] += 1
                except GaveUp:
                    self.silent["gave_up"] += 1

        tasks = []
        for order in self.orders:
            patience = chance.uniform(0.02, 0.6) if chance.random() < DESERTERS else None
            tasks.append(asyncio.create_task(one(order, patience)))
            await asyncio.sleep(self.size.pause_seconds)
        await asyncio.gather(*tasks)

    async def _look(self, endpoint: str, receiver: Receiver) -> tuple[Figures, list[str]]:
        """Judge everything, now that it is at rest."""
        intents = await self.shop.every_intent()
        taken, nobody = checker.money_taken(self.stack, self.seed)
        found = checker.judge(self.orders, intents, taken, self.seed)
        found.lost += ["a charge of which nothing is written here"] * nobody
        differ, replayed = await checker.replay_all(self.shop, self.orders)
        figures, broken = await self._heard(endpoint, receiver)
        told = Counter("failed" if order.told[-1].status != 200 else "ok" for order in self.orders if order.told)
        books, violations = await checker.books_checked(self.stack)
        return (found.figures | books | figures | checker.resolution(self.stack) | {
            "told_something": told.total(), "told_ok": told["ok"],
            "told_no": told["failed"], "told_nothing": len(self.orders) - told.total(),
            "replays": replayed, "replays_that_differ": len(differ)}), found.sentences + violations + broken + differ

    async def _heard(self, endpoint: str, receiver: Receiver) -> tuple[dict[str, int], list[str]]:
        """Wait for the last delivery: a lease of a killed worker runs for a minute."""
        until = time.monotonic() + 150
        while checker.undelivered(self.stack) and time.monotonic() < until:
            await asyncio.sleep(0.5)
        return checker.events_heard(self.stack, endpoint, receiver.received)


class _Moody:
    """A receiver's script: 200 almost always; 1 % answer 500 and 1 % hang up after they have read all."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        draw = self._chance.random()
        if draw < 0.01:
            return
        writer.write(status(500 if draw < 0.02 else 200))
