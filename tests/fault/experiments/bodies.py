"""Hostile bodies by the thousand: each is answered, none by a fault of ours, and the memory they took is given back."""

import asyncio
import random
import time
from collections import Counter

import httpx2
import psutil

from tests.fault.verdicts import Figures, verdict
from tests.stack import Stack, running

TITLE = "Memory after hostile bodies"
AT_ONCE = 16
SOUPS = ("://", "://a:b@", "a.a@", "4242 ", "4242-4242", "٤", "\u00a0", "[]", "[a]", "a[", "{", "%", "%41", "+", "a=&",
         "a[]=1&", "cvc=1", "Bearer ", "sk_test_", "pi_a_secret_", '"', "\\u0000", "\n", 'pi_aaaaaaaa" ')
"""What readers of bodies were once slow with, to be repeated."""
BYTES = (200, 2_000, 20_000)
KINDS = ("application/x-www-form-urlencoded", "application/json", "text/plain")
WARM, GROWN_MB_MAX = 2_000, 24


async def run(seed: int, quick: bool) -> Figures:
    """The first WARM bodies warm up: each thread reads its first large ones. From there on memory must not grow."""
    count, began, chance = 4_000 if quick else 100_000, time.monotonic(), random.Random(seed)
    told: Counter[str] = Counter()
    with running() as stack:
        async with httpx2.AsyncClient(base_url=stack.api_base, auth=(stack.secret_key, ""), timeout=60,
                                      trust_env=False) as http:
            await _send(http, chance, WARM, told)
            warm = _memory(stack)
            await _send(http, chance, count - WARM, told)
            grown = (_memory(stack) - warm) / 1e6
    figures = {"warm_mb": round(warm / 1e6, 1), "grown_mb": round(grown, 1), "answered": told.total(),
               "answers_500": sum(number for status, number in told.items() if status >= "500")}
    return verdict(seed, count, began, figures, at_most={"grown_mb": GROWN_MB_MAX, "answers_500": 0},
                   at_least={"answered": count})


def _memory(stack: Stack) -> int:
    return psutil.Process(stack.pid("web")).memory_info().rss


async def _send(http: httpx2.AsyncClient, chance: random.Random, count: int, told: Counter[str]) -> None:
    left = iter(range(count))

    async def one_after_another() -> None:
        for number in left:
            soup, kind = chance.choice(SOUPS), chance.choice(KINDS)
            text = soup * (chance.choice(BYTES) // len(soup)) + str(number)
            form = {"application/json": '{"description": "' + text + '"}', "text/plain": text}
            reply = await http.post("/v1/customers", content=form.get(kind, f"description={text}").encode(),
                                    headers={"Content-Type": kind})
            told[str(reply.status_code)] += 1

    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
