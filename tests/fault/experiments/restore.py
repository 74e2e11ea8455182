"""A restore loses no money (E8): the database goes back in time, the acquirers do not, and then nobody owes anybody.

Some payments are known at the moment that we go back to and lose only their newest messages; others are lost whole.
"""

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

import httpx2
import psycopg

from tests import books
from tests.fault.verdicts import Figures, verdict
from tests.shoppers import Shop, all_at_once, purchases
from tests.stack import ROOT, Stack, running

TITLE = "A restore to an earlier moment"
BEFORE, DURING, EACH, LOST = 100, 40, 8, 40
LIMITS = dict.fromkeys(("orphans_missed", "adopted_too_few", "cents_of_difference", "payments_not_as_told",
                        "charges_not_shown", "not_paying_again", "invariants_violated"), 0)


async def run(seed: int, quick: bool) -> Figures:
    """The drill on a stack of its own; it has no short form."""
    began = time.monotonic()
    with running(ACQUIRER_TIMEOUT_SECONDS="2") as stack:
        figures, why = await drill(stack, seed)
    return verdict(seed, BEFORE + DURING + LOST + 5 * EACH, began, figures, at_most=LIMITS, why=why)


def farthing(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of ours on the stack's data folder."""
    return subprocess.run([sys.executable, "-m", "farthing", *words], cwd=ROOT, env=stack.environment(), text=True,
                          capture_output=True, stdin=subprocess.DEVNULL)


class Till:
    """Payments made step by step, so that a moment lies between the steps."""

    def __init__(self, stack: Stack) -> None:
        self._client = httpx2.AsyncClient(base_url=stack.api_base, auth=(stack.secret_key, ""),
                                          timeout=40, trust_env=False)

    async def post(self, path: str = "", **form: Any) -> dict[str, Any]:
        reply = await self._client.post(f"/v1/payment_intents{path}", data=form)
        body: dict[str, Any] = reply.json()
        return body.get("error", {}).get("payment_intent") or body

    async def get(self, id: str) -> dict[str, Any]:
        reply = await self._client.get(f"/v1/payment_intents/{id}")
        found: dict[str, Any] = reply.json()
        return found

    async def charges(self) -> int:
        reply = await self._client.get("/v1/charges", params={"limit": "100"})
        return len(reply.json()["data"])

    async def many(self, count: int, **form: Any) -> list[dict[str, Any]]:
        return list(await asyncio.gather(*(self.post(amount=str(1000 + n), currency="usd", **form)
                                           for n in range(count))))

    async def close(self) -> None:
        await self._client.aclose()


def _attempts(stack: Stack) -> set[str]:
    with psycopg.connect(stack.urls.auditor) as link:
        return {key for (key,) in link.execute("SELECT network_key FROM pay.attempt")}


def _orphans(stack: Stack) -> dict[str, str]:
    with psycopg.connect(stack.urls.auditor) as link:
        return dict(link.execute("SELECT network_key, action FROM pay.orphan").fetchall())


async def _relayed(stack: Stack) -> None:
    """Wait until the worker has taken every event from the outbox."""
    with psycopg.connect(stack.urls.auditor, autocommit=True) as link:
        until = time.monotonic() + 30
        while link.execute("SELECT 1 FROM pay.outbox WHERE dispatched_at IS NULL").fetchone():
            assert time.monotonic() < until
            await asyncio.sleep(0.2)


async def drill(going: Stack, seed: int) -> tuple[Figures, list[str]]:
    """The whole story on a running stack: pay, back up, pay more, lose everything, restore, match, compare."""
    orders = purchases(seed, BEFORE + DURING + LOST)
    shop, till = Shop(going.api_base, going.secret_key, seed), Till(going)
    try:
        await all_at_once(shop, orders[:BEFORE], 16)
        under_way = asyncio.create_task(all_at_once(shop, orders[BEFORE:BEFORE + DURING], 8))
        taken = await asyncio.to_thread(farthing, going, "backup")  # in the middle of payments
        assert taken.returncode == 0, taken.stderr
        await under_way
        pay = {"payment_method": "pm_card_visa"}
        fresh = await till.many(EACH)
        declined = await till.many(EACH)
        cards = await till.many(EACH, capture_method="manual")
        held = await till.many(EACH, **pay, confirm="true", capture_method="manual")
        kept = await till.many(EACH, **pay, confirm="true", capture_method="manual")
        known = _attempts(going)
        moment, moment_clock = datetime.now(UTC), time.monotonic()

        await asyncio.sleep(1.1)
        later = [await till.post(f"/{one['id']}/confirm", **pay) for one in fresh]
        for one in declined:
            await till.post(f"/{one['id']}/confirm", payment_method="pm_card_visa_chargeDeclined")
            later.append(await till.post(f"/{one['id']}/confirm", payment_method="pm_card_mastercard"))
        for one in cards:
            await till.post(f"/{one['id']}/confirm", **pay)
            later.append(await till.post(f"/{one['id']}/cancel"))
        later += [await till.post(f"/{one['id']}/capture", amount_to_capture="700") for one in held]
        later += [await till.post(f"/{one['id']}/cancel") for one in kept]
        await all_at_once(shop, orders[BEFORE + DURING:], 16)
        told = {one["id"]: (one["status"], one["amount_received"]) for one in later}
        assert {status for status, _ in told.values()} == {"succeeded", "canceled"}
    finally:
        await shop.close()
        await till.close()
    lost_seconds = time.monotonic() - moment_clock
    refused = await asyncio.to_thread(farthing, going, "restore", "--seconds-ago", "1")
    assert refused.returncode == 1
    assert "already runs" in refused.stderr
    going.kill_all()

    journal = {row["network_key"] for row in books.journal(going) if row["kind"]}
    began = time.monotonic()
    restored = await asyncio.to_thread(farthing, going, "restore", "--until", moment.isoformat())
    assert restored.returncode == 0, restored.stderr + going.log("postgres")[-2000:]
    restore_seconds = time.monotonic() - began

    mark = going.places.restored_json  # without the import of orphans: the books must not agree
    mark.rename(mark.with_suffix(".off"))
    going.start()
    assert _attempts(going) == known
    assert books.charged(books.journal(going)) != books.booked(going)
    red = " ".join(await books.violations(going))
    assert "L11 " in red
    assert "P8 " in red
    going.stop()
    mark.with_suffix(".off").rename(mark)

    started = going.start()
    assert not mark.exists()
    await _relayed(going)
    theirs, ours = books.charged(books.journal(going)), books.booked(going)
    found = _orphans(going)
    counts = {action: list(found.values()).count(action) for action in sorted(set(found.values()))}
    lies = []
    till = Till(going)
    try:
        for id, what in told.items():
            now = await till.get(id)
            if (now["status"], now["amount_received"]) != what:
                lies.append(f"{id}: told {what}, now {now['status']} {now['amount_received']}")
        shown = await till.charges()  # every charge can be shown, also of an adopted attempt
        again = await till.post(amount="500", currency="usd", **pay, confirm="true")
    finally:
        await till.close()
    broken = await books.violations(going)
    return {"rpo_seconds": round(lost_seconds, 1), "rto_seconds": round(restore_seconds + started, 1),
            "restore_seconds": round(restore_seconds, 1), "start_with_matching_seconds": round(started, 1),
            "orphans": len(journal - known), "orphans_found": len(found), **counts,
            "orphans_missed": len(set(found) ^ (journal - known)),
            "adopted_too_few": abs(counts.get("adopted", 0) - 7 * EACH),  # a decline and a sale each, an authorisation
            "cents_of_difference": sum(abs(theirs[name] - ours[name]) for name in theirs | ours),  # and its void, …
            "payments_not_as_told": len(lies), "charges_not_shown": 100 - shown,
            "not_paying_again": int(again["status"] != "succeeded"), "invariants_violated": len(broken)}, lies + broken
