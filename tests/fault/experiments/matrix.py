"""The crash matrix: every crash point of a payment against every answer of an acquirer, each killed, retried, checked.

A batch is one crash point with all its outcomes: the payments are sent side by side, wait for one another at the line,
and the process dies there with all of them in flight. It restarts by itself, the client repeats its requests with their
keys, the reconciler asks; then each cell is compared with the acquirers' journal. Nine cells share a death, so the
whole matrix takes minutes.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from backend import crash
from tests import books
from tests.fault.experiments import truths
from tests.fault.experiments.truths import Told
from tests.stack import PatientStack, Stack, temporary_folder
from tests.templates import furnished

OUTCOMES = ("approve", "decline", "approve_silent", "drop", "answer_twice", "approve_late", "approve_then_96",
            "error_91", "garbage")
SLICE = ("approve", "approve_silent", "drop")
OPERATIONS = ("payment", "refund", "capture", "void", "increment", "part", "rest")
"""A part is captured of more, which stays held; the rest is captured after a part."""
PLACES = {"call_connected": ("vault",), "call_half_written": ("vault",), "call_written": ("vault",),
          "call_answered": ("web", "vault")}
"""Where a point is passed; the web process when it is not named here."""
ORDER = ("before_tx1", "call_connected", "tx1_key_claimed", "call_half_written", "tx1_before_commit", "call_written",
         "tx1_commit_unread", "after_tx1", "call_answered", "tx2_ledger_posted", "tx2_before_commit",
         "tx2_commit_unread", "after_tx2", "after_answer")
"""Vault and web take turns: a process that dies too often in a minute is rightly given up."""
STALLED = "stalled"
"""No death: everybody halts at `call_answered` until the reconciler has settled, and then goes on with old news."""
TIMEOUT_SECONDS, DIES_SECONDS, LOOK_SECONDS, RETRY_SECONDS, SETTLED_SECONDS = 1.5, 25.0, 2.0, 60.0, 90.0


@dataclass
class Cell:
    """One experiment: this operation, killed at this point of this process, while the acquirer does this."""

    operation: str
    point: str
    process: str
    outcome: str
    amount: int
    key: str
    payment: str = ""
    told: list[Told] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def carried(self) -> bool:
        """A message about money that stands is sent again when it was lost, and then it must arrive."""
        return self.operation != "payment" and self.outcome == "drop"

    @property
    def held(self) -> int:
        """What the payment is for before the operation."""
        return self.amount + (truths.OTHER_PART if self.operation in ("part", "rest") else 0)

    @staticmethod
    def a_part(amount: int) -> dict[str, str]:
        """The form that captures some of what is held and keeps the hold on what is left."""
        return {"amount_to_capture": str(amount), "final_capture": "false"}

    @property
    def request(self) -> tuple[str, dict[str, str]]:
        """Path and form."""
        if self.operation == "refund":
            return "/v1/refunds", {"payment_intent": self.payment}
        if self.operation in ("capture", "rest"):
            return f"/v1/payment_intents/{self.payment}/capture", {}
        if self.operation == "part":
            return f"/v1/payment_intents/{self.payment}/capture", self.a_part(self.amount)
        if self.operation == "void":
            return f"/v1/payment_intents/{self.payment}/cancel", {}
        if self.operation == "increment":  # by as much as is held, so that this amount is the cell's in both messages
            return f"/v1/payment_intents/{self.payment}/increment_authorization", {"amount": str(2 * self.amount)}
        return "/v1/payment_intents", form(self.amount, confirm="true")

    def __str__(self) -> str:
        where = f"{self.point}@{self.process}"
        verdict = "ok" if not self.wrong else "RED " + "; ".join(self.wrong)
        return f"{self.operation:8} {where:24} {self.outcome:16} {verdict}"


def cells(seed: int, operation: str, points: Iterable[str], outcomes: Iterable[str], first_amount: int) -> list[Cell]:
    """One cell for each pair (two for a point that two processes pass), each with an amount of its own."""
    pairs = [(point, process, outcome) for point in points for process in PLACES.get(point, ("web",))
             for outcome in outcomes]
    return [Cell(operation, point, process, outcome, first_amount + number, f"{seed}-{operation}-{number}")
            for number, (point, process, outcome) in enumerate(pairs)]


def form(amount: int, **more: str) -> dict[str, str]:
    return {"amount": str(amount), "currency": "usd", "payment_method": "pm_card_visa", **more}


class Ground:
    """A running stack on which batches of cells are killed, one after the other."""

    def __init__(self, stack: Stack, arm: Path, client: httpx2.AsyncClient, say: Callable[[str], None]) -> None:
        self.stack, self._arm, self._client, self._say = stack, arm, client, say

    async def run(self, batch: list[Cell]) -> None:
        """Kill one batch and check each of its cells; what is wrong stands on the cell."""
        await self._prepare(batch)
        await self.control(late_ms=(TIMEOUT_SECONDS + 1) * 1000, match=[
            {"fault": cell.outcome, "amount": cell.amount, "once": cell.carried} for cell in batch
            if cell.outcome != "approve"])
        sending = await self._kill(batch)
        await asyncio.gather(*sending)
        for _ in range(2):  # twice: the last word must be the one that was kept
            await asyncio.gather(*(self._retry(cell) for cell in batch))
            left = await self.settled()
        await self._check(batch, left)
        for cell in batch:
            self._say(str(cell))

    async def _prepare(self, batch: list[Cell]) -> None:
        """What an operation on a payment needs beforehand."""
        await self.control()
        can = {f"payment_method_options[card][request_{name}]": "if_available"
               for name in ("incremental_authorization", "multicapture")}
        for cell in batch:
            if cell.operation != "payment":
                method = "automatic" if cell.operation == "refund" else "manual"
                told = await self.ask("/v1/payment_intents", form(
                    cell.held, confirm="true", capture_method=method, **can), f"{cell.key}-before")
                cell.payment = told.json["id"]
            if cell.operation == "rest":
                await self.ask(f"/v1/payment_intents/{cell.payment}/capture", cell.a_part(truths.OTHER_PART),
                               f"{cell.key}-part")

    async def _kill(self, batch: list[Cell]) -> list["asyncio.Task[None]"]:
        """Send all of the batch, armed; wait until the process has died and is back, or until all is settled."""
        point, process = batch[0].point, batch[0].process

        async def send() -> list["asyncio.Task[None]"]:
            return [asyncio.create_task(self._send(cell)) for cell in batch]

        if point == STALLED:
            self._arm.write_text(f"call_answered*999@{process}")
            sending = await send()
            await asyncio.sleep(TIMEOUT_SECONDS)
            await self.settled(keys=False)
            self._arm.unlink()
            return sending
        sending, died = await self.death(f"{point}*{len(batch)}", process, send, lambda: self._look(batch))
        for cell in batch:
            cell.wrong += [] if died else ["the point was not reached"]
        return sending

    async def death(self, point: str, process: str, act: Callable[[], Awaitable[Any]],
                    look: Callable[[], Awaitable[None]]) -> tuple[Any, bool]:
        """Arm, `act`, wait for the death, `look`, wait for the return; what `act` returned, and whether it died."""
        before, back = self.stack.pid(process), self.stack.output().count(f"{process} is back")
        self._arm.write_text(f"{point}@{process}")
        done = await act()
        until = time.monotonic() + DIES_SECONDS
        while self._arm.exists() and time.monotonic() < until:
            await asyncio.sleep(0.05)
        if self._arm.exists():
            self._arm.unlink()
            return done, False
        await look()
        until = time.monotonic() + DIES_SECONDS * 2
        while self.stack.pid(process) in (0, before) or self.stack.output().count(f"{process} is back") == back:
            assert time.monotonic() < until, f"{process} did not come back: {self.stack.output()[-2000:]}"
            await asyncio.sleep(0.05)
        return done, True

    async def _look(self, batch: list[Cell]) -> None:
        """Whether the death left on disk what its point means; the server needs a moment to see that we are gone."""
        for cell in batch:
            until = time.monotonic() + LOOK_SECONDS
            while wrong := truths.of_death(self.stack, cell.point, cell.process, cell.operation, cell.amount):
                if time.monotonic() > until:
                    cell.wrong += wrong
                    break
                await asyncio.sleep(0.05)

    async def _send(self, cell: Cell) -> None:
        try:
            cell.told.append(await self._once(*cell.request, cell.key))
        except httpx2.TransportError:
            return

    async def _retry(self, cell: Cell) -> None:
        """The client comes again with the same key, as the official libraries do."""
        try:
            cell.told.append(await self.ask(*cell.request, cell.key))
        except AssertionError as error:
            cell.wrong.append(str(error))

    async def ask(self, path: str, form: dict[str, str], key: str) -> Told:
        """One request with its key, repeated until it has an answer."""
        until, told = time.monotonic() + RETRY_SECONDS, None
        while time.monotonic() < until:
            try:
                told = await self._once(path, form, key)
            except httpx2.TransportError:
                told = None
            if told and told.status not in truths.AGAIN:
                return told
            await asyncio.sleep(0.3)
        raise AssertionError(f"no answer, last {told and told.status}")

    async def _once(self, path: str, form: dict[str, str], key: str) -> Told:
        reply = await self._client.post(path, data=form, headers={"Idempotency-Key": key})
        return Told(reply.status_code, reply.content)

    async def settled(self, *, keys: bool = True) -> list[Any]:
        """Wait until all is at rest; what is still not."""
        until = time.monotonic() + SETTLED_SECONDS
        while (left := truths.unsettled(self.stack, keys=keys)) and time.monotonic() < until:
            await asyncio.sleep(0.25)
        return left

    async def _check(self, batch: list[Cell], left: list[Any]) -> None:
        for cell in batch:
            cell.wrong += truths.of_cell(self.stack, cell.operation, cell.amount, cell.told)
            if cell.point == STALLED and cell.told[0].status in truths.AGAIN:  # nobody died: the kept answer was there
                cell.wrong.append(f"told {cell.told[0].status} although it was settled")
        batch[0].wrong += [f"unsettled {left}"] if left else []
        batch[0].wrong += await self.books()

    async def books(self) -> list[str]:
        """Where the books as a whole are wrong."""
        theirs, ours = books.charged(books.journal(self.stack)), books.booked(self.stack)
        wrong = [f"journal {theirs} but ledger {ours}"] if theirs != ours else []
        return wrong + await books.violations(self.stack)

    async def control(self, **wish: Any) -> None:
        address = f"http://127.0.0.1:{self.stack.sandbox_port}/control"
        reply = await self._client.post(address, json={"reset": True, **wish})
        assert reply.status_code == 200, reply.text


@asynccontextmanager
async def ground(say: Callable[[str], None] = print, **settings: str) -> AsyncIterator[Ground]:
    """A stack of its own, armed by a file that is not there yet."""
    with temporary_folder() as folder:
        arm = folder.parent / "crash-at"
        stack = PatientStack(folder, ACQUIRER_TIMEOUT_SECONDS=str(TIMEOUT_SECONDS), IDEMPOTENCY_WAIT_SECONDS="1",
                      CRASH_AT=str(arm), **settings)
        furnished(stack.places)
        try:
            await asyncio.to_thread(stack.start)
            async with httpx2.AsyncClient(base_url=stack.api_base, auth=(stack.secret_key, ""), timeout=60,
                                          trust_env=False) as client:
                yield Ground(stack, arm, client, say)
        finally:
            await asyncio.to_thread(stack.stop)


def batches(all_of_them: list[Cell]) -> list[list[Cell]]:
    """Cells that can share a death: payments with payments, and what is done with a payment with its like."""
    found: dict[tuple[bool, str, str], list[Cell]] = {}
    for cell in all_of_them:
        found.setdefault((cell.operation == "payment", cell.point, cell.process), []).append(cell)
    return list(found.values())


def slice_of(seed: int, size: int = 30) -> list[Cell]:
    """Five points drawn from the seed, one of each part of the route, and six of the nine outcomes each."""
    chance = random.Random(seed)
    route = crash.PAYMENT
    points = [chance.choice(part) for part in (route[0:4], route[4:7], route[7:9], route[9:12], route[12:14])]
    each = size // len(points)
    made: list[Cell] = []
    for number, point in enumerate(points):
        process = chance.choice(PLACES.get(point, ("web",)))
        others = [outcome for outcome in OUTCOMES if outcome not in SLICE[:2]]
        drawn = (*SLICE[:2], *chance.sample(others, each - 2))
        made += [Cell("payment", point, process, outcome, 3000 + number * 100 + at, f"{seed}-slice-{number}-{at}")
                 for at, outcome in enumerate(drawn)]
    return made


def figures(seed: int, done: list[Cell], seconds: float) -> dict[str, Any]:
    """Cells by (operation, point, outcome): one that two processes pass counts once, and passes when both do."""
    runs: dict[tuple[str, str, str], bool] = {}
    for cell in done:
        name = (cell.operation, cell.point, cell.outcome)
        runs[name] = runs.get(name, True) and not cell.wrong
    per = Counter(name[0] for name in runs)
    good = Counter(name[0] for name, fine in runs.items() if fine)
    return {"seed": seed, "n": len(runs), "passed": sum(runs.values()), "runs": len(done),
            **{f"{name}_cells": f"{good[name]}/{per[name]}" for name in OPERATIONS if per[name]},
            "verdict": "pass" if all(runs.values()) else "fail", "seconds": round(seconds, 1)}


async def run_cells(seed: int, wanted: list[Cell], say: Callable[[str], None] = print,
                    **settings: str) -> dict[str, Any]:
    """Run these cells on one stack; their figures."""
    began = time.monotonic()
    async with ground(say, **settings) as made:
        for batch in batches(wanted):
            await made.run(batch)
    found = figures(seed, wanted, time.monotonic() - began)
    say(f"cells passed {found['passed']} / {found['n']} ({found['runs']} runs), seed {seed}, {found['seconds']} s")
    return found


async def run(seed: int, quick: bool) -> dict[str, Any]:
    """`quick`: the slice of 30. Else all 126 cells of a payment, and 42 of each operation on one."""
    if quick:
        return await run_cells(seed, slice_of(seed))
    wanted = cells(seed, "payment", ORDER, OUTCOMES, 10_000)
    for number, operation in enumerate(OPERATIONS[1:]):
        wanted += cells(seed, operation, ORDER, SLICE, 20_000 + number * 1000)
    return await run_cells(seed, wanted)
