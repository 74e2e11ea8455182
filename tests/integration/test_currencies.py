"""Amounts in steps: what the currency cannot move is refused wherever money moves, and percentages end on a step."""

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

from backend import money
from backend.errors import InvalidRequest
from backend.payments import intents
from backend.payments.holds import increments
from backend.refunds import refunds
from tests.house import House, house_over
from tests.stack import Schema

STEPPED = sorted(code for code in money.CURRENCIES if money.step(code) > 1)


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres) as made:
        yield made


async def _refused(verb: Awaitable[Any], param: str, code: str = "invalid_charge_amount") -> None:
    with pytest.raises(InvalidRequest) as refused:
        await verb
    assert (refused.value.code, refused.value.param) == (code, param)


async def test_what_a_currency_cannot_move_is_neither_captured_nor_refunded_nor_added(house: House) -> None:
    for currency in STEPPED:
        least, step = money.minimum(currency), money.step(currency)
        asks = {"card": {"request_incremental_authorization": "if_available"}}
        held = await intents.create(house.ctx, {
            "amount": 4 * least, "currency": currency, "confirm": True, "payment_method": "pm_card_visa",
            "capture_method": "manual", "payment_method_options": asks})
        await _refused(increments.create(house.ctx, held["id"], {"amount": 4 * least + step // 2}), "amount")
        await _refused(intents.capture(house.ctx, held["id"], {"amount_to_capture": 2 * least + 1}),
                       "amount_to_capture")
        await increments.create(house.ctx, held["id"], {"amount": 5 * least})
        await intents.capture(house.ctx, held["id"], {"amount_to_capture": 3 * least})
        await _refused(refunds.create(house.ctx, {"payment_intent": held["id"], "amount": step + step // 2}), "amount")
        given = await refunds.create(house.ctx, {"payment_intent": held["id"], "amount": step})
        assert given["status"] == "succeeded"
    assert await house.broken() == set()


async def test_another_currency_or_amount_is_checked_when_it_is_changed(house: House) -> None:
    intent = await intents.create(house.ctx, {"amount": 5123, "currency": "usd"})
    await _refused(intents.update(house.ctx, intent["id"], {"currency": "kwd"}), "amount")
    await _refused(intents.update(house.ctx, intent["id"], {"currency": "krw", "amount": 5}), "amount",
                   "amount_too_small")
    await _refused(intents.update(house.ctx, intent["id"], {"amount": 150_000_000}), "amount", "amount_too_large")
    rupiah = await intents.update(house.ctx, intent["id"], {"amount": 150_000_000, "currency": "idr"})
    assert (rupiah["amount"], rupiah["currency"]) == (150_000_000, "idr")


async def test_a_payment_of_twelve_digits_is_paid_captured_and_refunded(house: House) -> None:
    most = money.maximum("idr")
    held = await intents.create(house.ctx, {
        "amount": most, "currency": "idr", "confirm": True, "payment_method": "pm_card_visa",
        "capture_method": "manual"})
    paid = await intents.capture(house.ctx, held["id"], {})
    assert (paid["status"], paid["amount_received"]) == ("succeeded", most)
    given = await refunds.create(house.ctx, {"payment_intent": held["id"], "amount": most - most // 10})
    assert given["status"] == "succeeded"
    assert await house.broken() == set()
