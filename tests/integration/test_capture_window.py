"""An authorisation that nobody captures: voided after seven days by the clock, told, and never captured later."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.clock import unix
from backend.errors import InvalidRequest
from backend.jobs import Doorbell
from backend.payments import charges, intents
from backend.payments.holds import capture_window, operations
from backend.webhooks.egress import Egress
from tests.house import House, house_over
from tests.stack import Schema
from workers.process import Process

NEARLY, OVER = {"days": 6, "hours": 23}, {"days": 7}


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres) as made:
        yield made


async def sweep(house: House) -> int:
    return await capture_window.void_due(house.ctx.runtime, house.ctx.env, 20)


async def holds(house: House) -> list[str]:
    return [row["status"] for row in await house.rows("SELECT status FROM pay.hold WHERE env = %s ORDER BY created_at")]


async def test_the_charge_says_until_when_it_can_be_captured(house: House) -> None:
    held, sold = await house.pay(capture_method="manual"), await house.pay()
    cards = [(await charges.get(house.ctx, one["latest_charge"]))["payment_method_details"]["card"]
             for one in (held, sold)]
    assert [card.get("capture_before") for card in cards] == [unix(house.clock.now() + timedelta(days=7)), None]


async def test_within_the_window_nothing_happens_and_it_can_be_captured(house: House) -> None:
    held = await house.pay(capture_method="manual")
    house.clock.move(**NEARLY)
    assert await sweep(house) == 0
    assert (await intents.capture(house.ctx, held["id"], {}))["status"] == "succeeded"
    house.clock.move(days=30)
    assert await sweep(house) == 0
    assert await house.broken() == set()


async def test_after_the_window_it_is_voided_released_and_told(house: House) -> None:
    held = await house.pay(capture_method="manual")
    house.clock.move(**OVER)
    assert await sweep(house) == 1
    now = await intents.get(house.ctx, held["id"])
    assert (now["status"], now["cancellation_reason"], now["amount_capturable"]) == ("canceled", "expired", 0)
    assert now["canceled_at"] == unix(house.clock.now())
    assert await house.events(held["id"]) == [
        "payment_intent.created", "payment_intent.amount_capturable_updated", "payment_intent.canceled",
        "charge.succeeded", "charge.expired", "charge.refunded"]
    assert await holds(house) == ["expired"]
    assert sorted((row["kind"], row["status"]) for row in await house.journal()) == [("authorize", "reversed"),
                                                                                    ("void", "approved")]
    assert await sweep(house) == 0
    assert await house.broken() == set()


async def test_a_capture_that_comes_too_late_is_refused_before_the_sweeper_came(house: House) -> None:
    held = await house.pay(capture_method="manual")
    house.clock.move(**OVER)
    with pytest.raises(InvalidRequest) as told:
        await intents.capture(house.ctx, held["id"], {})
    assert told.value.code == "charge_expired_for_capture"
    assert [row["kind"] for row in await house.attempts()] == ["authorize"]
    assert (await intents.cancel(house.ctx, held["id"], {}))["cancellation_reason"] is None
    assert await holds(house) == ["voided"]


async def test_mutation_without_the_check_the_late_capture_goes_through(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "require_open", lambda ctx, authorization: None)
    held = await house.pay(capture_method="manual")
    house.clock.move(**OVER)
    assert (await intents.capture(house.ctx, held["id"], {}))["status"] == "succeeded"


async def test_a_void_without_an_answer_is_settled_as_expired_all_the_same(house: House) -> None:
    held = await house.pay(capture_method="manual")
    house.clock.move(**OVER)
    house.vault.control(match=[{"fault": "approve_silent", "kind": "void"}])
    await sweep(house)
    assert (await intents.get(house.ctx, held["id"]))["status"] == "processing"
    assert await sweep(house) == 0
    await house.settle()
    now = await intents.get(house.ctx, held["id"])
    assert (now["status"], now["cancellation_reason"]) == ("canceled", "expired")
    assert await holds(house) == ["expired"]
    assert (await house.events(held["id"]))[-2:] == ["charge.expired", "charge.refunded"]
    assert await house.broken() == set()


async def test_a_void_that_the_acquirer_refuses_is_tried_again_an_hour_later(house: House) -> None:
    held = await house.pay(capture_method="manual")
    house.clock.move(**OVER)
    house.vault.control(match=[{"fault": "decline", "kind": "void", "once": True}])
    assert await sweep(house) == 1
    now = await intents.get(house.ctx, held["id"])
    assert (now["status"], now["cancellation_reason"]) == ("requires_capture", None)
    assert await sweep(house) == 0
    house.clock.move(hours=capture_window.RETRY_HOURS, seconds=1)
    assert await sweep(house) == 1
    assert (await intents.get(house.ctx, held["id"]))["status"] == "canceled"
    assert await house.broken() == set()


async def test_sweepers_and_a_cancel_at_the_same_moment_undo_it_once(house: House) -> None:
    held = [await house.pay(capture_method="manual") for _ in range(10)]
    house.clock.move(**OVER)
    await asyncio.gather(*(sweep(house) for _ in range(4)),
                         *(intents.cancel(house.ctx, one["id"], {}) for one in held), return_exceptions=True)
    while await sweep(house):
        await asyncio.sleep(0.05)
    assert {(await intents.get(house.ctx, one["id"]))["status"] for one in held} == {"canceled"}
    assert sum(row["kind"] == "void" for row in await house.journal()) == 10
    assert await house.broken() == set()


async def test_a_worker_sweeps_by_itself(house: House) -> None:
    held = [await house.pay(capture_method="manual") for _ in range(25)]
    house.clock.move(**OVER)
    egress, stop = Egress(private=True), asyncio.Event()
    runtime = replace(house.ctx.runtime, doorbell=Doorbell(""))
    work = asyncio.create_task(Process(runtime, egress).run(stop))
    try:
        async with asyncio.timeout(20):
            while set(await holds(house)) != {"expired"}:
                await asyncio.sleep(0.05)
    finally:
        stop.set()
        await work
        await egress.close()
    assert {(await intents.get(house.ctx, one["id"]))["cancellation_reason"] for one in held} == {"expired"}
    assert await house.broken() == set()


async def test_the_window_is_a_setting(postgres: Schema) -> None:
    async with house_over(postgres, CAPTURE_WINDOW_DAYS="0.5") as house:
        held: dict[str, Any] = await house.pay(capture_method="manual")
        house.clock.move(hours=12)
        assert await sweep(house) == 1
        assert (await intents.get(house.ctx, held["id"]))["cancellation_reason"] == "expired"
        assert datetime.fromisoformat((await house.attempts())[0]["sent_at"]) < house.clock.now()
