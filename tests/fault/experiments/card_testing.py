"""Card testing (E26): how many cards a script gets judged on each surface, and whether honest shoppers pay meanwhile.

Each surface is attacked at a merchant of its own: by one address, by one address with all tries at one moment, and by
forty addresses in turn. An honest shopper at another address buys during each attack.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

from backend.config import Settings
from tests import books, testers
from tests.conformance.clients import another_account
from tests.fault.verdicts import Figures, verdict
from tests.stack import Stack, running
from tests.testers import ATTACKS, GOOD, Attack, Browser, browsers, numbers

TITLE = "Card testing on every surface"
WITHIN = 20
ONE, MANY, HONEST = ("127.0.1.1",), tuple(f"127.0.{n}.1" for n in range(10, 50)), "127.0.2.1"
SPREAD = (testers.one_session, testers.one_link, testers.one_intent, testers.one_setup)
"""Surfaces whose own budget holds whatever the address is."""
ROUND = 10


async def run(seed: int, quick: bool) -> Figures:
    """Attack one surface after another; the figures name the cards that were judged on each."""
    began, tries = time.monotonic(), 30 if quick else 150
    attacks = (testers.one_link, testers.many_intents) if quick else ATTACKS
    cards = numbers(seed)
    with running(DECLINE_BUDGETS_TEST=Settings.model_fields["decline_budgets_test"].default) as stack:
        found, honest = {}, Counter[str]()
        for attack in attacks:
            found[f"tested_{attack.__name__}"] = await _attacked(stack, attack, ONE, cards, tries, honest)
            if attack in SPREAD and not quick:
                found[f"tested_{attack.__name__}_40_addresses"] = await _attacked(stack, attack, MANY, cards, tries,
                                                                                  honest)
        found["tested_60_intents_at_once"] = await _crowd(stack, cards, honest)
        broken = await books.violations(stack)
    figures = {**found, "tries_each": tries, "honest_purchases": honest["paid"] + honest["blocked"],
               "honest_blocked": honest["blocked"], "invariants_violated": len(broken)}
    return verdict(seed, len(found), began, figures, why=broken, at_least={"honest_purchases": len(found)},
                   at_most=dict.fromkeys(found, WITHIN) | {"honest_blocked": 0, "invariants_violated": 0})


async def _attacked(stack: Stack, attack: Attack, addresses: tuple[str, ...], cards: Iterator[str], tries: int,
                    honest: Counter[str]) -> int:
    async with browsers(stack, another_account(stack), *addresses, HONEST) as them:
        *thieves, shopper = them
        for _ in range(tries // ROUND if attack not in SPREAD else 1):
            await attack(thieves, cards, tries if attack in SPREAD else ROUND)
            await _buys(shopper, honest)
        return sum(thief.tested for thief in thieves)


async def _crowd(stack: Stack, cards: Iterator[str], honest: Counter[str]) -> int:
    async with browsers(stack, another_account(stack), *ONE, HONEST) as (thief, shopper):
        some = [(await thief.intent(), await thief.card(next(cards))) for _ in range(60)]
        await asyncio.gather(*(thief.post(f"/v1/payment_intents/{intent['id']}/confirm", payment_method=card,
                                          client_secret=intent["client_secret"]) for intent, card in some),
                             _buys(shopper, honest))
        return thief.tested


async def _buys(one: Browser, honest: Counter[str]) -> None:
    """A purchase on the hosted page, and one with an intent."""
    page = await one.pay((await one.shop.session())["id"], GOOD)
    paid = await one.confirm(await one.intent(), "5555555555554444")
    for fine in (page is not None and page.json().get("status") == "complete",
                 paid.json().get("status") == "succeeded"):
        honest["paid" if fine else "blocked"] += 1
