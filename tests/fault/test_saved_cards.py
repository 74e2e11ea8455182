"""Saved cards and direct charges when answers get lost: whoever learns the outcome writes the same."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from backend.context import Key
from backend.customers import customers, payment_methods
from backend.exchanges import engine
from backend.payments import charges, intents
from backend.requests import idempotency
from tests.house import House, house_over
from tests.stack import Schema

SILENT = 1001


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=1.0) as made:
        yield made


async def _customer(house: House) -> str:
    async with house.ctx.transaction() as tx:
        return str((await customers.create(house.ctx, tx, {"name": "Ada"}))["id"])


async def _kept(house: House, customer: str) -> list[Any]:
    found: list[Any] = (await payment_methods.find(house.ctx, customer, {}))["data"]
    return found


async def _attached(house: House) -> int:
    return len(await house.rows("SELECT 1 FROM pay.event WHERE env = %s AND type = 'payment_method.attached'"))


async def test_a_card_is_kept_in_the_commit_of_whoever_learns_that_it_paid(house: House) -> None:
    customer = await _customer(house)
    house.vault.control(match=[{"fault": "approve_silent", "amount": SILENT}])
    waiting = await house.pay(SILENT, customer=customer, setup_future_usage="off_session")
    assert (waiting["status"], await _kept(house, customer)) == ("processing", [])
    assert await house.settle() == 1
    paid = await intents.get(house.ctx, waiting["id"])
    assert (paid["status"], [one["id"] for one in await _kept(house, customer)]) == (
        "succeeded", [paid["payment_method"]])
    assert await _attached(house) == 1
    again = await house.pay(customer=customer, card=paid["payment_method"], off_session=True)
    assert again["status"] == "succeeded"
    assert await house.broken() == set()


async def test_mutation_without_the_trigger_the_card_is_lost(house: House) -> None:
    house.superuser("DROP TRIGGER saves ON pay.payment")
    customer = await _customer(house)
    assert (await house.pay(customer=customer, setup_future_usage="off_session"))["status"] == "succeeded"
    assert await _kept(house, customer) == []


async def test_a_card_that_moved_meanwhile_stays_where_it_is(house: House) -> None:
    mine, theirs = await _customer(house), await _customer(house)
    method = await payment_methods.load(house.ctx, "pm_card_visa")
    house.vault.control(match=[{"fault": "approve_silent", "amount": SILENT}])
    await house.pay(SILENT, card=method["id"], customer=mine, setup_future_usage="off_session")
    async with house.ctx.transaction() as tx:
        await payment_methods.attach(house.ctx, tx, method["id"], theirs)
    await house.settle()
    assert await _kept(house, mine) == []
    assert [one["id"] for one in await _kept(house, theirs)] == [method["id"]]


def _charge(**more: Any) -> dict[str, Any]:
    return {"amount": 1000, "currency": "usd", "source": "tok_visa", **more}


async def test_a_direct_charge_without_an_answer_is_settled_like_any_payment(house: House) -> None:
    house.vault.control(match=[{"fault": "approve_silent", "amount": SILENT}])
    waiting = await charges.create(house.ctx, _charge(amount=SILENT))
    assert (waiting["object"], waiting["status"], waiting["paid"]) == ("charge", "pending", False)
    await house.settle()
    found = await charges.get(house.ctx, waiting["id"])
    assert (found["status"], found["captured"]) == ("succeeded", True)
    assert len(await house.sales()) == 1
    assert await house.broken() == set()


async def test_the_key_of_a_direct_charge_gets_a_charge_from_the_reconciler_too(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def died(*_: Any, **__: Any) -> Any:
        raise asyncio.CancelledError

    monkeypatch.setattr(engine, "conclude", died)
    ctx = replace(house.ctx, key=Key("direct", b"h" * 32, "direct"))
    with pytest.raises(asyncio.CancelledError):
        await charges.create(ctx, _charge())
    monkeypatch.undo()
    await house.settle()
    with pytest.raises(idempotency.Replay) as replay:
        await idempotency.answered(replace(ctx, request_id="another"))
    told = orjson.loads(replay.value.answer.body)
    assert (told["object"], told["status"]) == ("charge", "succeeded")
    assert told["id"] == (await charges.get(house.ctx, told["id"]))["id"]
    assert len(await house.sales()) == 1


async def test_racing_captures_of_a_charge_take_the_money_once(house: House) -> None:
    held = await charges.create(house.ctx, _charge(capture=False))

    async def capture() -> str:
        try:
            return str((await charges.capture(house.ctx, held["id"], {}))["captured"])
        except Exception as error:
            return type(error).__name__

    ends = await asyncio.gather(*(capture() for _ in range(8)))
    assert ends.count("True") == 1
    assert set(ends) <= {"True", "Locked", "InvalidRequest"}
    assert await house.broken() == set()
