"""Unknown is settled by asking, never by guessing (E3): no payment gets an answer, and each finds its true end."""

import asyncio
import time
from collections import Counter
from typing import Any

from backend.payments import intents
from tests.fault.verdicts import Figures, verdict
from tests.house import House, house_over
from tests.stack import bare_database

TITLE = "Payments without an answer, settled by asking"
SILENT, SILENT_DECLINE, DROPPED, LATE = 1001, 1002, 1003, 1004
LATE_MS = 4000
TOGETHER = 60
_NEVER = ("requires_payment_method", "processing_error")
TRUTH = {SILENT: ("succeeded", ""), SILENT_DECLINE: ("requires_payment_method", "card_declined"), DROPPED: _NEVER,
         LATE: _NEVER}
"""Amount -> the end that is right: charged, declined, and twice never charged by anybody."""


async def run(seed: int, quick: bool) -> Figures:
    """A third approved, a third declined, a third never received, of which a tenth arrives when it is too late."""
    third, began = 20 if quick else 100, time.monotonic()
    with bare_database() as postgres:
        async with house_over(postgres, timeout=1.5) as house:
            late = third // 10
            found = await silence(house, {SILENT: third, SILENT_DECLINE: third, DROPPED: third - late, LATE: late})
    return verdict(seed, 3 * third, began, found, at_most={
        "answered_at_once": 0, "wrong_final_states": 0, "late_arrivals_accepted": 0, "invariants_violated": 0})


async def silence(house: House, counts: dict[int, int]) -> Figures:
    """Make so many payments of each amount, answer none of them, settle, and compare with TRUTH."""
    house.vault.control(late_ms=LATE_MS, match=[
        {"fault": "approve_silent", "amount": SILENT}, {"fault": "approve_silent", "amount": SILENT_DECLINE},
        {"fault": "drop", "amount": DROPPED}, {"fault": "deliver_late", "amount": LATE}])
    cards = {SILENT_DECLINE: "pm_card_visa_chargeDeclined"}
    # The late ones last, so that they are still on their way when they are asked about.
    amounts = sorted(amount for amount, count in counts.items() for _ in range(count))
    made: list[Any] = []
    began = time.monotonic()
    for start in range(0, len(amounts), TOGETHER):
        house.calm()  # or the breakers would rightly stop sending, and there would be nothing to settle
        made += await asyncio.gather(*(house.pay(amount, cards.get(amount, "pm_card_visa"))
                                       for amount in amounts[start:start + TOGETHER]))
    settled = await house.settle()
    seconds = time.monotonic() - began
    await asyncio.sleep(LATE_MS / 1000)  # the late ones arrive, after their tombstones
    wrong: Counter[str] = Counter()
    for intent in made:
        now = await intents.get(house.ctx, intent["id"])
        end = now["status"], (now["last_payment_error"] or {}).get("code", "")
        if end != TRUTH[now["amount"]]:
            wrong[f"{now['amount']}: {end}"] += 1
    late = [row["status"] for row in await house.journal() if row["amount"] == LATE]
    broken = await house.broken()
    return {"answered_at_once": sum(intent["status"] != "processing" for intent in made), "settled": settled,
            "wrong_final_states": wrong.total(), "late_arrivals_refused": late.count("tombstone"),
            "late_arrivals_accepted": len(late) - late.count("tombstone"), "seconds_until_settled": round(seconds, 1),
            "invariants_violated": len(broken)} | ({"wrong": [*wrong], "violated": sorted(broken)}
                                                   if wrong or broken else {})
