"""Full disks, each in turn under payments: the logs', the database's, both; then there is room again.

A payment is answered rightly or refused as JSON with 503 and when to come back; what was answered once is answered the
same when it is asked again, and at the end everybody is charged what they were told.
"""

import asyncio
import time
from collections import Counter
from contextlib import suppress

import httpx2

from tests import books
from tests.fault.disks import SmallDisk, can_mount, fill_logs
from tests.fault.verdicts import Figures, verdict
from tests.stack import PatientStack, Stack, running

TITLE = "Full disks under payments"
DISKS = ("logs", "data", "both")
TOGETHER = 6
BACK_SECONDS = 120.0
_NAMES = ("wrong_answers", "replays_that_differ", "unanswered", "wrongly_charged", "invariants_violated")


async def run(seed: int, quick: bool) -> Figures:
    """Where nothing can be mounted only the logs' disk is filled, and the long form fails for it."""
    n, began = 24 if quick else 120, time.monotonic()
    chosen = DISKS if can_mount() else ("logs",)
    count, why = Counter[str](), list[str]()
    for disk in chosen:
        with running(PatientStack) as stack:
            await _Trial(stack, disk, f"{seed}-{disk}", count, why).run(n)
    figures = {"disks": len(chosen), **{name: count[name] for name in (*_NAMES, "refused", "answered_while_full")}}
    return verdict(seed, n * len(chosen), began, figures, why=why, at_most=dict.fromkeys(_NAMES, 0),
                   at_least={"answered_while_full": 1} | ({"refused": 1} if len(chosen) > 1 else {})
                   | ({} if quick else {"disks": len(DISKS)}))


class _Trial:
    def __init__(self, stack: Stack, disk: str, name: str, count: Counter[str], why: list[str]) -> None:
        self.stack, self.disk, self.name, self.count, self.why = stack, disk, name, count, why

    async def run(self, n: int) -> None:
        self.stack.stop()
        small = SmallDisk(self.stack.places.postgres) if self.disk != "logs" else None
        try:
            if self.disk != "data":
                fill_logs(self.stack.places)
            self.stack.start()
            await self._pay(n, small)
        finally:
            if small:
                small.free()
                self.stack.stop()
                small.remove()

    async def _pay(self, n: int, small: SmallDisk | None) -> None:
        async with httpx2.AsyncClient(base_url=self.stack.api_base, timeout=60, trust_env=False,
                                      auth=(self.stack.secret_key, "")) as self.http:
            if small:
                small.fill()
            places = asyncio.Semaphore(TOGETHER)

            async def one(number: int) -> httpx2.Response | None:
                async with places:
                    return await self._once(number)

            first = await asyncio.gather(*(one(number) for number in range(n)))
            for number, reply in enumerate(first):
                self._judge(number, reply)
            if small:
                small.free()
            await self._ready()
            paid = [await self._again(number, reply) for number, reply in enumerate(first)]
        broken = await books.violations(self.stack)
        self.count["invariants_violated"] += len(broken)
        self.why += broken
        sums = books.charged(books.journal(self.stack))
        if sums["usd"] != sum(paid) or books.booked(self.stack)["usd"] != sum(paid):
            self.count["wrongly_charged"] += 1
            self.why.append(f"{self.disk}: told {sum(paid)}, acquirers {sums}, books {books.booked(self.stack)}")

    async def _once(self, number: int) -> httpx2.Response | None:
        form = {"amount": str(1000 + number), "currency": "usd", "confirm": "true", "payment_method": "pm_card_visa"}
        with suppress(httpx2.TransportError):
            return await self.http.post("/v1/payment_intents", data=form,
                                        headers={"Idempotency-Key": f"{self.name}-{number}"})
        return None

    def _judge(self, number: int, reply: httpx2.Response | None) -> None:
        """While the disk is full: a payment that stands, or a refusal that says when to come back."""
        if reply is None:  # the server itself was away for a moment: nobody was told anything
            return
        error = reply.json().get("error", {}) if "json" in reply.headers.get("content-type", "") else None
        refused = reply.status_code == 503 and bool(error) and error.get("type") == "api_error"
        if reply.status_code == 200:
            self.count["answered_while_full"] += 1
        elif refused and reply.headers.get("retry-after", "").isdigit():
            self.count["refused"] += 1
        else:
            self.count["wrong_answers"] += 1
            self.why.append(f"{self.disk} {number}: {reply.status_code} {reply.headers} {reply.text[:300]}")

    async def _ready(self) -> None:
        until = time.monotonic() + BACK_SECONDS
        while time.monotonic() < until:
            with suppress(httpx2.TransportError):
                if (await self.http.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.2)

    async def _again(self, number: int, first: httpx2.Response | None) -> int:
        """The same request once more, until it is answered; the amount that it charged."""
        until = time.monotonic() + BACK_SECONDS
        while time.monotonic() < until:
            reply = await self._once(number)
            body = reply.json() if reply is not None and reply.status_code == 200 else {}
            if reply is not None and first is not None and first.status_code == 200 and (
                    reply.status_code, reply.content) != (200, first.content):
                self.count["replays_that_differ"] += 1
                self.why.append(f"{self.disk} {number}: {reply.status_code} {reply.text[:300]}")
                return 0
            if body.get("status") == "succeeded":
                return int(body["amount_received"])
            if body and body["status"] != "processing":
                break
            if body:
                intent = (await self.http.get(f"/v1/payment_intents/{body['id']}")).json()
                if intent["status"] == "succeeded":
                    return int(intent["amount_received"])
            await asyncio.sleep(0.5)
        self.count["unanswered"] += 1
        self.why.append(f"{self.disk} {number}: never charged")
        return 0
