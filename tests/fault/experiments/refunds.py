"""Racing refunds (E10): never more is given back than was captured, whoever asks how often for how much."""

import asyncio
import random
import time
from collections import Counter

import httpx2
import psycopg

from tests import books
from tests.fault.verdicts import Figures, verdict
from tests.stack import Stack, running

TITLE = "Racing refunds"
CAPTURED, RACERS = 1000, 20
AMOUNTS = (1, 50, 100, 250, 300, 600, 999, 1000, 1001, 0, -100)


async def run(seed: int, quick: bool) -> Figures:
    """Twenty refunds of each payment at one moment, of mixed amounts, some of them senseless."""
    count, began, chance = 10 if quick else 50, time.monotonic(), random.Random(seed)
    with running() as stack:
        async with httpx2.AsyncClient(base_url=stack.api_base, auth=(stack.secret_key, ""), timeout=60, trust_env=False,
                                      limits=httpx2.Limits(max_connections=64)) as client:
            form = {"amount": str(CAPTURED), "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true"}
            paid = [str((await client.post("/v1/payment_intents", data=form)).json()["id"]) for _ in range(count)]
            told: Counter[int] = Counter()
            why: list[str] = []
            for start in range(0, count, 5):  # five payments at a time: a hundred refunds in the air
                asked = [(id, chance.choice(AMOUNTS)) for id in paid[start:start + 5] for _ in range(RACERS)]
                chance.shuffle(asked)
                replies = await asyncio.gather(*(client.post("/v1/refunds", data={
                    "payment_intent": id, "amount": str(amount)}) for id, amount in asked))
                told.update(reply.status_code for reply in replies)
                why += [f"{what}: {reply.status_code} {reply.text[:200]}" for what, reply in zip(
                    asked, replies, strict=True) if reply.status_code not in (200, 400, 429)]
                why += [f"granted: {what}" for what, reply in zip(asked, replies, strict=True)
                        if reply.status_code == 200 and not 0 < what[1] <= CAPTURED]
        given, theirs, broken = _given(stack), books.charged(books.journal(stack)), await books.violations(stack)
        figures = {
            "racers": RACERS, "refunds_asked": told.total(), "granted": told[200], "refused_400": told[400],
            "told_to_try_again_429": told[429],
            "over_refunded": sum(given[id] > CAPTURED for id in paid), "most_given_back": max(given.values()),
            "refunded_in_full": sum(given[id] == CAPTURED for id in paid), "senseless_answers": len(why),
            "cents_of_difference": sum(abs(theirs[name] - ours) for name, ours in books.booked(stack).items()),
            "invariants_violated": len(broken)}
    return verdict(seed, count, began, figures, why=why + broken, at_most={
        "over_refunded": 0, "senseless_answers": 0, "cents_of_difference": 0, "invariants_violated": 0})


def _given(stack: Stack) -> Counter[str]:
    """Payment -> what its acquirer gave back."""
    with psycopg.connect(stack.urls.auditor) as link:
        payments = dict(link.execute("SELECT network_key, payment_id FROM pay.attempt").fetchall())
    given: Counter[str] = Counter()
    for row in books.journal(stack):
        if row["kind"] == "refund" and row["status"] == "approved":
            given[payments[row["network_key"]]] += row["amount"]
    return given
