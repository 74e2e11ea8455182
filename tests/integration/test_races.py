"""Requests that arrive at one moment: one wins, the others are told so, and nothing happens twice."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import orjson
import psycopg
import pytest

from backend import ids
from backend.context import Context, Key
from backend.errors import IdempotencyMismatch
from backend.exchanges.subject import Changed
from backend.payments import commits, intents, new_rows, steps
from backend.requests import idempotency
from tests import books
from tests.desk import desk
from tests.stack import Schema, Stack

SEED = 20
RACERS, ROUNDS = 20, 15


@pytest.fixture
async def client(stack: Stack) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=stack.api_base, auth=(stack.secret_key, ""), timeout=40, trust_env=False,
                                  limits=httpx2.Limits(max_connections=64)) as made:
        yield made


async def _intent(client: httpx2.AsyncClient, **form: str) -> dict[str, Any]:
    reply = await client.post("/v1/payment_intents", data={"amount": "1000", "currency": "usd", **form})
    assert reply.status_code == 200, reply.text
    made: dict[str, Any] = reply.json()
    return made


def _messages(stack: Stack, intent: str) -> Counter[tuple[str, str]]:
    """What the acquirers have of an intent: (kind, status) -> how often."""
    with psycopg.connect(stack.urls.auditor) as link:
        keys = {key for (key,) in link.execute("SELECT network_key FROM pay.attempt WHERE payment_id = %s", (intent,))}
    return Counter((row["kind"], row["status"]) for row in books.journal(stack) if row["network_key"] in keys)


async def test_twenty_confirms_at_once_charge_once(stack: Stack, client: httpx2.AsyncClient) -> None:
    intent = await _intent(client)
    path = f"/v1/payment_intents/{intent['id']}/confirm"
    replies = await asyncio.gather(*(client.post(path, data={"payment_method": "pm_card_visa"},
                                                 headers={"Idempotency-Key": f"{intent['id']}-{number}"})
                                     for number in range(RACERS)))
    told = Counter(reply.status_code for reply in replies)
    assert told[200] == 1, told
    assert set(told) <= {200, 400, 429}, told
    assert _messages(stack, intent["id"]) == {("sale", "approved"): 1}
    assert (await client.get(f"/v1/payment_intents/{intent['id']}")).json()["status"] == "succeeded"


async def test_twenty_confirms_with_one_key_get_one_answer(stack: Stack, client: httpx2.AsyncClient) -> None:
    intent = await _intent(client)
    path = f"/v1/payment_intents/{intent['id']}/confirm"

    async def ask() -> httpx2.Response:
        return await client.post(path, data={"payment_method": "pm_card_visa"},
                                 headers={"Idempotency-Key": f"{intent['id']}-same"})

    replies = await asyncio.gather(*(ask() for _ in range(RACERS)))
    replies.append(await ask())  # the intent has long succeeded, but this very request has its answer
    assert {(reply.status_code, reply.content) for reply in replies} == {(200, replies[0].content)}
    assert sum("idempotent-replayed" not in reply.headers for reply in replies) == 1
    assert _messages(stack, intent["id"]) == {("sale", "approved"): 1}


async def test_of_capture_and_cancel_one_wins(stack: Stack, client: httpx2.AsyncClient) -> None:
    chance, outcomes = random.Random(SEED), Counter[str]()
    for _ in range(ROUNDS):
        intent = await _intent(client, capture_method="manual", confirm="true", payment_method="pm_card_visa")
        verbs = ["capture", "cancel"] * 2
        chance.shuffle(verbs)
        replies = await asyncio.gather(*(client.post(f"/v1/payment_intents/{intent['id']}/{verb}") for verb in verbs))
        told = Counter(reply.status_code for reply in replies)
        final = (await client.get(f"/v1/payment_intents/{intent['id']}")).json()["status"]
        outcomes[final] += 1
        assert told[200] == 1, told
        assert set(told) <= {200, 400, 429}, told
        won = {"succeeded": {("authorize", "approved"): 1, ("capture", "approved"): 1},
               "canceled": {("authorize", "reversed"): 1, ("void", "approved"): 1}}
        assert _messages(stack, intent["id"]) == won[final]
    print(f"\nseed {SEED}: {ROUNDS} races of 2 captures and 2 cancels, {dict(outcomes)}")
    assert await books.violations(stack) == []


async def test_a_key_that_is_taken_does_not_speak_for_others_in_the_same_commit(
        postgres: Schema, tmp_path: Path) -> None:
    async with desk(postgres, tmp_path) as one:
        def document(number: int, key: Key | None) -> dict[str, list[Any]]:
            row = new_rows.intent(one.ctx, {"amount": 100 + number, "currency": "usd"})
            doc = commits.moved(one.ctx, row, {"status": "requires_payment_method"}, new=True)
            if key:
                claimer = replace(one.ctx, key=key, request_id="r")
                doc["claims"] = [idempotency.claim(claimer)]
            return doc

        taken = Key(f"k-{ids.token(8)}", b"1" * 32)
        await commits.write(one.ctx, document(0, taken))
        # Both are given at one moment, so that they share a commit: one whose key is taken, one without a key.
        second = replace(one.ctx, key=Key(taken.key, b"2" * 32))
        results = await asyncio.gather(commits.write(second, document(1, second.key)),
                                       commits.write(one.ctx, document(2, None)), return_exceptions=True)
        assert isinstance(results[0], IdempotencyMismatch)
        assert results[1] is None
        rows = await one.rows("SELECT amount FROM pay.payment WHERE env = %s ORDER BY amount", one.ctx.env)
        assert [row["amount"] for row in rows] == [100, 102]


async def test_a_key_that_is_taken_lets_what_only_releases_another_be_done(postgres: Schema, tmp_path: Path) -> None:
    """Two that share a commit: one whose key is taken, and one that gives its own key free."""
    async with desk(postgres, tmp_path) as one:
        def sent(number: int, key: Key) -> Context:
            return replace(one.ctx, key=key, request_id=f"req_{number}")

        taken, free = Key("taken", b"1" * 32), Key("free", b"2" * 32)
        made = await intents.create(sent(1, taken), {"amount": 100, "currency": "usd"})
        await commits.write(sent(2, free), {"claims": [idempotency.claim(sent(2, free))]})
        told = await asyncio.gather(intents.create(sent(3, taken), {"amount": 100, "currency": "usd"}),
                                    commits.write(sent(2, free), {"releases": [free.key]}), return_exceptions=True)
        assert isinstance(told[0], idempotency.Replay)
        assert orjson.loads(told[0].answer.body)["id"] == made["id"]
        assert told[1] is None
        rows = await one.rows("SELECT key FROM pay.idempotency WHERE env = %s", one.ctx.env)
        assert [row["key"] for row in rows] == ["taken"]


async def test_a_decision_made_on_an_old_reading_is_refused(postgres: Schema, tmp_path: Path) -> None:
    async with desk(postgres, tmp_path) as one:
        row = new_rows.intent(one.ctx, {"amount": 100, "currency": "usd"})
        await commits.write(one.ctx, commits.moved(one.ctx, row, {"status": "requires_payment_method"}, new=True))
        first, second = [await steps.read(one.ctx, row.id) for _ in range(2)]
        assert first is not None
        assert second is not None
        await commits.write(one.ctx, commits.moved(one.ctx, first.payment, {"description": "first"}))
        with pytest.raises(Changed):
            await commits.write(one.ctx, commits.moved(one.ctx, second.payment, {"amount": 1}))
        assert await one.rows("SELECT amount, description FROM pay.payment WHERE env = %s", one.ctx.env) == [
            {"amount": 100, "description": "first"}]


async def test_a_key_means_nothing_in_another_environment(postgres: Schema, tmp_path: Path) -> None:
    async with desk(postgres, tmp_path) as one:
        other = await one.merchant()
        for merchant, body in ((one, b"1" * 32), (other, b"2" * 32)):
            ctx = replace(merchant.ctx, key=Key("same", body))
            made = await intents.create(ctx, {"amount": 100, "currency": "usd"})
            assert (await intents.get(ctx, made["id"]))["amount"] == 100
