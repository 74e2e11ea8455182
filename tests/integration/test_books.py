"""After hundreds of mixed payments the acquirers' journal and our ledger agree to the cent, and no rule is broken."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests import books
from tests.shoppers import Shop, all_at_once, purchases
from tests.stack import ROOT, Stack

PAYMENTS, IN_FLIGHT = 500, 16


async def test_the_books_agree_with_the_acquirers_to_the_cent(stack: Stack) -> None:
    seed = int(os.environ.get("FARTHING_SEED", "4711"))
    orders = purchases(seed, PAYMENTS)
    before_theirs, before_ours = books.charged(books.journal(stack)), books.booked(stack)
    shop, began = Shop(stack.api_base, stack.secret_key, seed), time.monotonic()
    try:
        await all_at_once(shop, orders, IN_FLIGHT)
    finally:
        await shop.close()
    took = time.monotonic() - began
    await asyncio.sleep(2)  # the relay
    rows = books.journal(stack)
    theirs, ours = books.charged(rows), books.booked(stack)
    expected: Counter[str] = Counter()
    for order in orders:
        expected[order.currency] += order.taken
    kinds, states = Counter(order.kind for order in orders), Counter(order.intent["status"] for order in orders)
    print(f"\nseed {seed}: {PAYMENTS} payments, {IN_FLIGHT} in flight, {took:.1f} s, {PAYMENTS / took:.0f}/s; "
          f"{dict(kinds)}; {dict(states)}")
    for currency in sorted(expected):
        print(f"  {currency}: expected {expected[currency]}, journal {theirs[currency] - before_theirs[currency]}, "
              f"ledger {ours[currency] - before_ours[currency]}, difference {theirs[currency] - ours[currency]}")
    assert states == Counter(
        {"succeeded": sum(order.taken > 0 for order in orders), "canceled": kinds["void"],
         "requires_payment_method": kinds["declined"]})
    assert {name: theirs[name] - before_theirs[name] for name in expected} == dict(expected)
    assert theirs == ours
    assert await books.violations(stack) == []


def test_the_command_verify_says_so(stack: Stack) -> None:
    asked = subprocess.run([sys.executable, "-m", "farthing", "verify"], cwd=ROOT, env=stack.environment(),
                           capture_output=True, text=True)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "invariants hold." in asked.stdout
    assert re.search(r"The books agree with the [1-9]\d* records of the acquirers\.", asked.stdout)
    assert "The audit trail agrees with the heads" in asked.stdout


def test_the_command_verify_ends_with_one_when_the_heads_disagree(stack: Stack, tmp_path: Path) -> None:
    kept = (stack.places.data / "audit" / "heads.jsonl").read_text()
    copy = tmp_path / "heads.jsonl"
    copy.write_text(kept + '{"env": 1, "number": 1000000, "hash": "ab"}\n')
    asked = subprocess.run([sys.executable, "-m", "farthing", "verify"], cwd=ROOT, capture_output=True, text=True,
                           env=stack.environment() | {"AUDIT_HEADS": str(copy)})
    assert asked.returncode == 1
    assert "- outside heads: block 1000000 of environment 1 is gone" in asked.stdout
    assert f"not the one whose heads stand in {copy}" in asked.stderr
