"""A full disk under payments: the data folder's, the logs', both. Nobody is told wrong, and room alone brings all back.

The disks are small ones of their own (tmpfs), so this needs root; where mounting is not allowed it fails and says so.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson

from tests.fault import checker
from tests.fault.killer import settled
from tests.fault.verdicts import Figures, verdict
from tests.shoppers import Form, Shop, all_at_once, purchases
from tests.small_disks import SmallDisk, small_disk
from tests.stack import PatientStack, Stack, temporary_folder
from tests.templates import furnished

TITLE = "Full disks"
DATA_MIB, LOG_MIB = 640, 4
BACK_SECONDS = 90.0
"""By then everything must be well again without anybody's help."""
ZERO = ("answers_not_json", "answers_500", "refusals_without_retry_after", "double_charges", "lost_charges",
        "wrong_answers", "unresolved_after_90_s", "replays_that_differ", "cents_of_difference", "invariants_violated",
        "readyz_silent", "not_back")


@dataclass(frozen=True)
class Size:
    payments: int
    full_seconds: float
    in_flight: int = 8


LONG, QUICK = Size(240, 20.0), Size(30, 3.0)


class Witness(Shop):
    """A shop that looks at every single answer, also at those after which it asks again."""

    def __init__(self, *how: Any, **more: Any) -> None:
        super().__init__(*how, **more)
        self.wrong: Counter[str] = Counter()
        self.why: list[str] = []

    async def _send(self, path: str, form: Form, key: str) -> httpx2.Response:
        reply = await super()._send(path, form, key)
        for name, fault in (("answers_not_json", not _is_ours(reply)), ("answers_500", reply.status_code == 500),
                            ("refusals_without_retry_after",
                             reply.status_code == 503 and "retry-after" not in reply.headers)):
            self.wrong[name] += fault
            if fault:
                self.why.append(f"{name}: {path} {key}: {reply.status_code} {reply.text[:200]}")
        return reply


def _is_ours(reply: httpx2.Response) -> bool:
    """An object, or an error with its type and a sentence."""
    with suppress(ValueError):
        body = orjson.loads(reply.content)
        return isinstance(body, dict) and bool(
            body.get("object") if reply.status_code == 200 else body["error"]["type"] and body["error"]["message"])
    return False


@dataclass
class Watch:
    """What /readyz said while disks were full: answers that named each full one, and those that did not."""

    named: Counter[str] = field(default_factory=Counter)
    silent: list[str] = field(default_factory=list)

    async def keep(self, stack: Stack, names: Sequence[str]) -> None:
        async with httpx2.AsyncClient(base_url=stack.api_base, timeout=20, trust_env=False) as client:
            while True:
                await asyncio.sleep(0.5)  # a log is known to be full once somebody wanted to write to it
                reply = await client.get("/readyz")
                told = reply.json()["checks"]
                self.named.update(name for name in names if told[name] is False)
                if "disk" in names and (told["disk"] or reply.status_code != 503):
                    self.silent.append(reply.text)


async def run(seed: int, quick: bool) -> Figures:
    """Each disk by itself and both, one after the other on one stack, with payments before, during and after."""
    size, began = QUICK if quick else LONG, time.monotonic()
    with temporary_folder() as folder, small_disk(folder, DATA_MIB) as data, \
            small_disk(folder / "logs", LOG_MIB) as logs:
        stack = PatientStack(folder, ACQUIRER_TIMEOUT_SECONDS="2")
        furnished(stack.places)
        try:
            stack.start()
            trial = _Trial(stack, seed, size)
            for disks in ({"log": logs}, {"disk": data}, {"disk": data, "log": logs}):
                await trial.fill(disks)
            figures = await trial.judged()
        finally:
            stack.stop()
    return verdict(seed, 3 * size.payments, began, figures, at_most=dict.fromkeys(ZERO, 0), why=trial.why,
                   at_least={"refused_while_data_full": 1, "answered_while_logs_full": 1, "replays": 1})


class _Trial:
    """One stack, whose disks are filled and emptied while it is paid."""

    def __init__(self, stack: Stack, seed: int, size: Size) -> None:
        self.stack, self.seed, self.size = stack, seed, size
        self.shop = Witness(stack.api_base, stack.secret_key, seed, patience_seconds=size.full_seconds + BACK_SECONDS)
        self.orders = purchases(seed, 3 * size.payments)
        self.paid = 0
        self.figures, self.why = Counter[str](dict.fromkeys(ZERO, 0)), list[str]()
        self.back: list[float] = []

    async def fill(self, disks: dict[str, SmallDisk]) -> None:
        """Payments through the filling of some disks, the time in which they are full, and their emptying."""
        orders = self.orders[self.paid:self.paid + self.size.payments]
        self.paid += len(orders)
        selling = asyncio.create_task(all_at_once(self.shop, orders, self.size.in_flight,
                                                  1.2 * self.size.full_seconds / self.size.payments))
        try:
            await asyncio.sleep(0.1 * self.size.full_seconds)
            await self._full(disks)
            await self._emptied(disks)
            await selling
        finally:
            selling.cancel()
        print(f"full {' and '.join(disks):13} well again after {self.back[-1]:.1f} s", flush=True)

    async def _full(self, disks: dict[str, SmallDisk]) -> None:
        await asyncio.gather(*(asyncio.to_thread(disk.fill) for disk in disks.values()))
        watch, begun = Watch(), asyncio.get_running_loop().time()
        looking = asyncio.create_task(watch.keep(self.stack, list(disks)))
        while asyncio.get_running_loop().time() - begun < self.size.full_seconds:
            for disk in disks.values():  # what somebody else gave back is taken as well
                await asyncio.to_thread(disk.fill)
            await asyncio.sleep(0.1)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        tries = [well for start, _, well in self.shop.asked if start >= begun]
        self.figures["refused_while_data_full" if "disk" in disks else "refused_while_logs_full"] += tries.count(False)
        self.figures["answered_while_data_full" if "disk" in disks else "answered_while_logs_full"] += tries.count(True)
        unnamed = [name for name in disks if not watch.named[name]]
        self.figures["readyz_silent"] += len(watch.silent) + len(unnamed)
        self.why += [*watch.silent, *(f"/readyz never named the full {name}" for name in unnamed)]

    async def _emptied(self, disks: dict[str, SmallDisk]) -> None:
        for disk in disks.values():
            disk.empty()
        begun, said = time.monotonic(), dict[str, Any]()
        async with httpx2.AsyncClient(base_url=self.stack.api_base, timeout=20, trust_env=False) as client:
            while time.monotonic() - begun < BACK_SECONDS:
                with suppress(httpx2.TransportError):
                    said = (await client.get("/readyz")).json()
                    if all(said["checks"].values()) and not said["away"]:
                        break
                await asyncio.sleep(0.1)
            else:
                self.figures["not_back"] += 1
                self.why.append(f"not well again: {said}; the supervisor printed {self.stack.output()[-1000:]}")
        self.back.append(time.monotonic() - begun)

    async def judged(self) -> Figures:
        """Everything that was told, taken and booked, once all is at rest."""
        try:
            waited, left = await settled(self.stack)
            taken, nobody = checker.money_taken(self.stack, self.seed)
            found = checker.judge(self.orders, await self.shop.every_intent(), taken, self.seed)
            differ, replayed = await checker.replay_all(self.shop, self.orders)
        finally:
            await self.shop.close()
        books, broken = await checker.books_checked(self.stack)
        self.figures.update(found.figures | self.shop.wrong)
        self.figures["unresolved_after_90_s"] += len(left)
        self.figures["lost_charges"] += nobody
        self.why += [*found.sentences, *self.shop.why, *map(str, left), *differ, *broken]
        return {**self.figures, **books, "replays": replayed, "replays_that_differ": len(differ),
                "settled_after_seconds": round(waited, 1), "well_again_after_seconds": round(max(self.back), 1)}
