"""The official library repeats by itself (E5): a proxy loses a tenth of the answers after we have committed.

The library makes up a key for each call and repeats with it. Then the merchant's server "starts again", knows no key
any more, and confirms everything once more: what the intent knows is all that stands against a second charge.
"""

import asyncio
import random
import re
import time
from collections import Counter
from typing import Any

import psycopg
import stripe

from tests import books
from tests.fault.proxy import Proxy
from tests.fault.verdicts import Figures, verdict
from tests.free_ports import free_ports
from tests.stack import Stack, running

TITLE = "The official library's own repetitions"
SHARE = 0.1
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


async def run(seed: int, quick: bool) -> Figures:
    """Create and confirm as the library does by default, then confirm all again with new keys."""
    count, began, chance = 60 if quick else 400, time.monotonic(), random.Random(seed)
    [port] = free_ports(1)
    with running() as stack:
        async with Proxy(port, stack.port, lambda data: data.startswith(b"POST") and chance.random() < SHARE,
                         _whole) as proxy:
            told, again = await _pay(stack, port, count)
        charges = _charges(stack)
        broken = await books.violations(stack)
        theirs, ours = books.charged(books.journal(stack)), books.booked(stack)
    paid = [id for id, status in told.items() if status == "succeeded"]
    double, lost = [id for id in told if charges[id] > 1], [id for id in paid if charges[id] != 1]
    return verdict(seed, count, began, {
        "answers_lost": proxy.cuts, "double_charges": len(double), "paid_without_charge": len(lost),
        "not_paid": count - len(paid), "intents_beyond_the_orders": abs(len(charges) - count),
        "confirmed_again_refused": again["refused"], "confirmed_again_charged": again["charged"],
        "cents_of_difference": sum(abs(theirs[name] - ours[name]) for name in theirs | ours),
        "invariants_violated": len(broken)}, why=double + lost + broken, at_least={"answers_lost": count / 10},
        at_most=dict.fromkeys(("double_charges", "paid_without_charge", "not_paid", "intents_beyond_the_orders",
                               "confirmed_again_charged", "cents_of_difference", "invariants_violated"), 0))


async def _pay(stack: Stack, port: int, count: int) -> tuple[dict[str, str], Counter[str]]:
    sender = stripe.HTTPXClient(timeout=40)
    client = stripe.StripeClient(stack.secret_key, base_addresses={"api": f"http://127.0.0.1:{port}"},
                                 http_client=sender, max_network_retries=8)
    places, again = asyncio.Semaphore(32), Counter[str]()
    card: Any = {"payment_method": "pm_card_visa"}

    async def one(number: int) -> tuple[str, str]:
        async with places:
            made = await client.v1.payment_intents.create_async({"amount": 1000 + number, "currency": "usd"})
            paid = await client.v1.payment_intents.confirm_async(made.id, card)
            try:
                await client.v1.payment_intents.confirm_async(made.id, card)
            except stripe.InvalidRequestError as error:
                again["refused" if error.code == "payment_intent_unexpected_state" else "charged"] += 1
            else:
                again["charged"] += 1
            return made.id, paid.status

    try:
        return dict(await asyncio.gather(*map(one, range(count)))), again
    finally:
        await sender.close_async()


def _charges(stack: Stack) -> Counter[str]:
    """Intent -> how often the acquirers took money for it, 0 included."""
    taken = {row["network_key"] for row in books.journal(stack)
             if row["status"] == "approved" and row["kind"] in ("sale", "capture")}
    with psycopg.connect(stack.urls.auditor) as link:
        charges = Counter({id: 0 for (id,) in link.execute("SELECT id FROM pay.payment")})
        for id, key in link.execute("SELECT payment_id, network_key FROM pay.attempt"):
            charges[id] += key in taken
    return charges


def _whole(answer: bytes) -> bool:
    """True when an HTTP answer has come to its end."""
    head, _, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return length is not None and len(body) >= int(length[1])
