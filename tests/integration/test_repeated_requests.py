"""A request that comes again with its key is answered as it was, and nothing of it happens a second time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from api.endpoint import Endpoint
from backend.context import Context, Key
from backend.errors import IdempotencyMismatch, InvalidRequest
from backend.payments import charges, intents, refunds, resends
from backend.requests import answers, idempotency
from tests.house import House, house_over
from tests.stack import Schema

Row = dict[str, Any]


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=0.8) as made:
        yield made


def asked(house: House, number: int, key: str = "k", **more: Any) -> Context:
    """The context of the so manieth sending of one request."""
    return replace(house.ctx, key=Key(key, b"1" * 32, key), request_id=f"req_{number}", **more)


async def test_a_refusal_whose_answer_is_kept_does_not_run_its_verb_again(house: House) -> None:
    held, done = await house.pay(capture_method="manual"), 0
    house.vault.control(match=[{"fault": "decline", "kind": "void", "response_code": "12"}])

    async def cancel(ctx: Context, params: Row, intent: str) -> Row:
        nonlocal done
        done += 1
        return await intents.cancel(ctx, intent, params)

    endpoint, path = Endpoint(cancel, kind="staged"), {"intent": held["id"]}
    with pytest.raises(InvalidRequest, match="could not be canceled") as first:
        await endpoint._run(asked(house, 1), {}, path)
    assert done == 1
    with pytest.raises(idempotency.Replay) as again:
        await endpoint._run(asked(house, 2), {}, path)
    assert (again.value.answer.status, again.value.request_id) == (400, "req_1")
    assert orjson.loads(again.value.answer.body)["error"]["message"] == first.value.message
    assert [row["kind"] for row in await house.attempts()] == ["authorize", "void"]


# ---- a refund that releases what a charge holds: its first commit has a payment and a refund


async def _held(house: House) -> Row:
    return {"charge": (await charges.create(house.ctx, {"amount": 2000, "currency": "usd", "source": "tok_visa",
                                                        "capture": False}))["id"]}


async def test_a_release_that_waited_and_failed_is_replayed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    held = await _held(house)
    house.vault.control(match=[{"fault": "drop", "kind": "void"}])
    told = await refunds.create(asked(house, 1), held)
    assert told["status"] == "pending"
    monkeypatch.setattr(resends, "SENDS_MAX", 0)
    assert await house.settle() == 1
    with pytest.raises(idempotency.Replay) as again:
        await refunds.create(asked(house, 2), held)
    assert (again.value.answer, again.value.request_id) == (answers.of(told), "req_1")
    with pytest.raises(IdempotencyMismatch):
        await refunds.create(replace(asked(house, 3), key=Key("k", b"2" * 32)), held)
    assert await house.broken() == set()


async def test_a_release_that_was_declined_is_replayed(house: House) -> None:
    held = await _held(house)
    house.vault.control(match=[{"fault": "decline", "kind": "void", "response_code": "12"}])
    with pytest.raises(InvalidRequest) as first:
        await refunds.create(asked(house, 1), held)
    with pytest.raises(idempotency.Replay) as again:
        await refunds.create(asked(house, 2), held)
    assert again.value.answer == answers.of_error(first.value, house.ctx.settings.api_base)


async def test_twins_of_a_release_get_one_answer(house: House) -> None:
    held = await _held(house)
    told = await asyncio.gather(*(refunds.create(asked(house, number), held) for number in range(3)),
                                return_exceptions=True)
    (made,) = [one for one in told if isinstance(one, dict)]
    replayed = [one.answer for one in told if isinstance(one, idempotency.Replay)]
    assert replayed == [answers.of(made)] * 2
    assert [row["kind"] for row in await house.attempts()] == ["authorize", "void"]
