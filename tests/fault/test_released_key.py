"""A request whose first sender died comes again at the very moment at which the reconciler lets its key go."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from backend.context import Context, Key
from backend.exchanges import engine, resends
from backend.payments import intents
from backend.requests.calls import STAGED, Call
from tests.house import House, house_over
from tests.stack import Schema


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=1.5) as made:
        yield made


class Crash(Exception):
    """The process ends here."""


async def _never(*_: object) -> bool:
    return False


async def _die(*_: object, **__: object) -> dict[str, Any]:
    raise Crash


async def test_a_refusal_by_an_old_reading_is_not_told_once_the_key_is_free(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    held = await house.pay(capture_method="manual")
    house.ctx = replace(house.ctx, key=Key("void", b"1" * 32, "void"), request_id="req_1")
    with monkeypatch.context() as crash:
        crash.setattr(engine, "send", _die)
        with pytest.raises(Crash):
            await intents.cancel(house.ctx, held["id"], {})
    told = 0
    monkeypatch.setattr(resends, "possible", _never)  # as after a restore: what was lost is not sent again

    async def cancel(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
        nonlocal told
        told += 1
        try:
            return await intents.cancel(ctx, intent, params)
        finally:
            if told == 1:  # it was read as processing; now it surely did not leave, and its key is free
                assert await house.settle() == 1

    again = replace(house.ctx, request_id="req_2")
    answer = await Call(cancel, STAGED).answer(again, {}, {"intent": held["id"]})
    assert (answer.status, orjson.loads(answer.body)["status"], told) == (200, "canceled", 2)
    assert await house.broken() == set()
