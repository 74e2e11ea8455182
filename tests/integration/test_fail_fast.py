"""Over HTTP, the whole stack: with every acquirer sick a payment is refused unsent, to be sent again.

Now and then one is sent all the same, ever more rarely: without another acquirer nobody else finds out who is well.
"""

import asyncio
import secrets
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import psycopg
import pytest

from backend.networks import breaker
from backend.stack.postgres import Postgres
from tests import books
from tests.stack import Stack, running


@pytest.fixture(scope="module")
def sick_network() -> Iterator[Stack]:
    """A stack of its own, for its breakers stay open for a minute."""
    with running(ACQUIRER_TIMEOUT_SECONDS="1") as made:
        yield made


def _sent(stack: Stack) -> int:
    """How many messages to acquirers were ever written down, by all merchants."""
    with psycopg.connect(books.superuser(Postgres(stack.places), stack.urls)) as link:
        row = link.execute("SELECT count(*) FROM pay.attempt").fetchone()
    return int(row[0]) if row else 0


async def test_with_both_acquirers_sick_the_answer_comes_at_once(sick_network: Stack) -> None:
    stack = sick_network
    async with httpx2.AsyncClient(trust_env=False, base_url=stack.api_base, auth=(stack.secret_key, ""), timeout=30,
                                  limits=httpx2.Limits(max_connections=64)) as client:

        async def post(path: str, key: str = "", **data: Any) -> httpx2.Response:
            return await client.post(path, data=data, headers={"Idempotency-Key": key or secrets.token_hex(8)})

        sale = {"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true"}
        held = [(await post("/v1/payment_intents", **sale, capture_method="manual")).json()["id"] for _ in range(2)]
        control = f"http://127.0.0.1:{stack.sandbox_port}/control"
        hang = {"kinds": ["sale", "authorize"], "faults": {"drop": 1.0}}
        assert (await client.post(control, json=hang)).status_code == 200
        for _ in range(2):  # first the one acquirer, then the other
            made = await asyncio.gather(*(post("/v1/payment_intents", **sale) for _ in range(breaker.VOLUME_MIN + 2)))
            assert {one.json()["status"] for one in made} == {"processing"}
        took, probes, before = [], 0, _sent(stack)
        while len(took) < 100:
            began = time.perf_counter()
            answer = await post("/v1/payment_intents", "the-same" if not probes else "", **sale)
            if answer.status_code == 200:
                assert answer.json()["status"] == "processing"
                probes += 1
                continue
            took.append((time.perf_counter() - began) * 1000)
            assert (answer.status_code, answer.headers["Stripe-Should-Retry"]) == (503, "true")
            assert answer.json()["error"]["code"] == "acquirer_unavailable"
        assert probes <= 10
        took.sort()
        print(f"\nfail fast over HTTP, N=100: median {took[50]:.1f} ms, p95 {took[95]:.1f}, worst {took[-1]:.1f}")
        assert _sent(stack) == before + probes, "refused before anything was written or sent: nobody was waited for"
        # what belongs to the sick acquirers already flows on
        assert (await post(f"/v1/payment_intents/{held[0]}/capture")).json()["status"] == "succeeded"
        assert (await post(f"/v1/payment_intents/{held[1]}/cancel")).json()["status"] == "canceled"
    assert [row["kind"] for row in books.journal(stack) if row["status"] == "approved"
            and row["kind"] in ("sale", "capture")] == ["capture"]
