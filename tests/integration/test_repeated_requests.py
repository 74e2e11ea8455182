"""A request that comes again with its key is answered as it was, and nothing of it happens a second time."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from api.endpoint import Endpoint
from backend.context import Context, Key
from backend.errors import InvalidRequest
from backend.payments import intents
from backend.requests import idempotency
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
