"""The answer to a COMMIT is lost (E7): the step is on disk, the server that took it does not know.

A proxy stands before PostgreSQL. It lets payment steps through, waits until the database has committed and said so, and
closes the connection instead of handing that on. The shop repeats with the same key, as the official library does.
"""

import asyncio
import random
import time
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from backend.stack import roles
from tests.fault import checker
from tests.fault.killer import settled
from tests.fault.proxy import Proxy
from tests.fault.verdicts import Figures, verdict
from tests.shoppers import GaveUp, OfficialShop, Purchase, purchases
from tests.stack import PatientStack, Schema, Stack, bare_database, temporary_folder

TITLE = "The answer to a COMMIT is lost"
READY = b"Z\x00\x00\x00\x05I"
"""PostgreSQL's ReadyForQuery outside of a transaction: what was asked is committed, or rolled back, for good."""

SHARE = 0.3


class _OnDatabase(PatientStack):
    """A stack whose database is somebody else's."""

    given: roles.Urls

    @property
    def urls(self) -> roles.Urls:
        return self.given


async def run(seed: int, quick: bool) -> Figures:
    """Payments until enough answers were lost: in the first commit of a step, and in the one with its outcome."""
    wanted, began, chance = 20 if quick else 200, time.monotonic(), random.Random(seed)
    with bare_database() as schema, temporary_folder("sockets") as folder:
        folder.mkdir()
        folder.chmod(0o777)
        lost: Counter[str] = Counter()

        def watch(data: bytes) -> bool:
            first, second = b'"attempts"' in data, b'"settles"' in data
            if not (first or second) or lost.total() >= wanted or chance.random() > SHARE:
                return False
            lost["with_outcome" if second else "first"] += 1
            return True

        real = schema.server.places.socket_folder("postgres") / ".s.PGSQL.5432"
        async with Proxy(folder / ".s.PGSQL.5432", real, watch, lambda answer: answer.endswith(READY)) as proxy:
            figures, why = await _through(schema, folder, seed, lost, wanted)
            figures |= {"first_commit": lost["first"], "commit_with_outcome": lost["with_outcome"]}
    return verdict(seed, proxy.cuts, began, {"lost_answers": proxy.cuts, **figures}, why=why, at_most={
        "duplicates": 0, "wrong_failures": 0, "unresolved": 0, "gave_up": 0, "replays_that_differ": 0,
        "charges_nobody_knows": 0, "cents_of_difference": 0, "invariants_violated": 0},
        at_least={"lost_answers": wanted * 0.9})


async def _through(schema: Schema, folder: Path, seed: int, lost: Counter[str],
                   wanted: int) -> tuple[Figures, list[str]]:
    """A stack on this database, whose web process and worker reach it by way of the proxy, which runs in this loop."""
    urls = schema.urls
    detour = urls.app.split("?")[0] + f"?host={quote(str(folder))}"
    with temporary_folder() as data:
        stack = _OnDatabase(data, DATABASE_URL=urls.owner, APP_DATABASE_URL=detour, VAULT_DATABASE_URL=urls.vault,
                            AUDITOR_DATABASE_URL=urls.auditor, ACQUIRER_TIMEOUT_SECONDS="2")
        stack.given = urls
        try:
            await asyncio.to_thread(stack.start)
            return await _pay(stack, seed, lost, wanted)
        finally:
            await asyncio.to_thread(stack.stop)


async def _pay(stack: Stack, seed: int, lost: Counter[str], wanted: int) -> tuple[Figures, list[str]]:
    """Pay until enough answers were lost, and judge as after a storm."""
    shop, orders = OfficialShop(stack.api_base, stack.secret_key, seed), purchases(seed, wanted * 6)
    places, gave_up, begun = asyncio.Semaphore(32), Counter[str](), []

    async def one(order: Purchase) -> None:
        async with places:
            if lost.total() >= wanted:
                return
            begun.append(order)
            try:
                await shop.buy(order)
            except GaveUp:
                gave_up["times"] += 1

    try:
        await asyncio.gather(*map(one, orders))
        _, left = await settled(stack)
        intents = await shop.every_intent()
        taken, nobody = checker.money_taken(stack, seed)
        found = checker.judge(begun, intents, taken, seed)
        differ, _ = await checker.replay_all(shop, begun)
    finally:
        await shop.close()
    books, broken = await checker.books_checked(stack)
    ended = Counter(intent["status"] for intent in intents)
    return {"payments": len(begun), "duplicates": len(found.double), "wrong_failures": len(found.wrong + found.lost),
            "charges_nobody_knows": nobody, "unresolved": len(left) + len(found.unresolved),
            "gave_up": gave_up["times"], "replays_that_differ": len(differ), "ended_paid": ended["succeeded"],
            "ended_unpaid": ended["requires_payment_method"] + ended["canceled"],
            **books}, found.sentences + broken + differ + [str(row) for row in left]
