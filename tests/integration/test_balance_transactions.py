"""Balance transactions: one for each movement of the balance, their sum is the balance, and pending money matures."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.context import Context
from backend.errors import NotFound
from backend.ledger import balance_transactions, balances
from backend.payments import charges, intents
from backend.reconciliation import refunds as watch
from backend.refunds import refunds
from tests.house import House, house_over
from tests.stack import Schema

Row = dict[str, Any]


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=5) as made:
        yield made


async def _all(ctx: Context, **filters: Any) -> list[Row]:
    """Every transaction, page by page, in pages so small that each border is crossed."""
    found: list[Row] = []
    while True:
        after = {"starting_after": found[-1]["id"]} if found else {}
        page = await balance_transactions.find(ctx, {"limit": 3, **filters, **after})
        found += page["data"]
        if not page["has_more"]:
            return found


async def _sums(ctx: Context) -> tuple[Counter[str], Counter[str]]:
    """Per currency: what the transactions add up to, and what the balance says."""
    told, has = Counter[str](), Counter[str]()
    for one in await _all(ctx):
        told[one["currency"]] += one["net"]
    balance = await balances.get(ctx)
    for part in balance["available"] + balance["pending"]:
        has[part["currency"]] += part["amount"]
    return told, has


def _part(balance: Row, side: str, currency: str = "usd") -> int:
    return int(next(part["amount"] for part in balance[side] if part["currency"] == currency))


async def _release(house: House) -> int:
    return await balance_transactions.release(house.ctx.runtime, house.ctx.env, 200)


async def test_a_charge_names_its_transaction_with_fee_and_net(house: House) -> None:
    assert await balances.get(house.ctx) == {"object": "balance", "livemode": False, **{
        side: [{"amount": 0, "currency": "usd", "source_types": {"card": 0}}] for side in ("available", "pending")}}
    intent = await house.pay(5000, description="Field notebook")
    charge = await charges.get(house.ctx, intent["latest_charge"])
    made = await balance_transactions.get(house.ctx, charge["balance_transaction"])
    assert (made["amount"], made["fee"], made["net"], made["currency"]) == (5000, 175, 4825, "usd")
    assert made["fee_details"] == [{"amount": 175, "application": None, "currency": "usd",
                                    "description": "Processing fee", "type": "stripe_fee"}]
    assert (made["type"], made["reporting_category"], made["source"]) == ("charge", "charge", charge["id"])
    assert (made["status"], made["exchange_rate"], made["description"]) == ("pending", None, "Field notebook")
    assert made["available_on"] == made["created"] + 2 * 86400
    told = await house.ctx.db.rows(house.ctx.env, "SELECT data::jsonb->>'balance_transaction' AS txn FROM pay.event "
                                   "WHERE env = %s AND type = 'charge.succeeded'", (house.ctx.env,))
    assert told == [{"txn": made["id"]}]


async def test_only_money_that_moved_has_a_transaction(house: House) -> None:
    held = await house.pay(capture_method="manual")
    assert (await charges.get(house.ctx, held["latest_charge"]))["balance_transaction"] is None
    assert await _all(house.ctx) == []
    await intents.capture(house.ctx, held["id"], {"amount_to_capture": 400})
    charge = await charges.get(house.ctx, held["latest_charge"])
    assert [(one["id"], one["amount"]) for one in await _all(house.ctx)] == [(charge["balance_transaction"], 400)]
    for id in ("txn_1nothing", "txn_0" + "0" * 32, "txn_2", "txn_", "", "ch_1", charge["id"]):
        with pytest.raises(NotFound):
            await balance_transactions.get(house.ctx, id)


async def test_refunds_and_refunds_that_come_back_are_movements_of_their_own(house: House) -> None:
    house.vault.control(refund_ms=600_000)
    intent = await house.pay(card="pm_card_refundFail", amount=2000)
    made = await refunds.create(house.ctx, {"payment_intent": intent["id"], "amount": 500})
    out = await balance_transactions.get(house.ctx, made["balance_transaction"])
    assert (out["type"], out["amount"], out["fee"], out["net"]) == ("refund", -500, 0, -500)
    assert (out["source"], made.get("failure_balance_transaction")) == (made["id"], None)
    await house.refunds_happen()
    house.superuser("UPDATE pay.refund SET next_check_at = now(), leased_until = NULL")
    assert await watch.settle_due(house.ctx.runtime, house.ctx.env, 500) == 1
    now = await refunds.get(house.ctx, made["id"])
    back = await balance_transactions.get(house.ctx, now["failure_balance_transaction"])
    assert (back["type"], back["net"], back["status"]) == ("refund_failure", 500, "available")
    assert now["balance_transaction"] == made["balance_transaction"]
    assert [one["type"] for one in await _all(house.ctx)] == ["refund_failure", "refund", "charge"]
    assert {one["id"] for one in await _all(house.ctx, source=made["id"])} == {out["id"], back["id"]}
    assert [one["source"] for one in await _all(house.ctx, type="charge")] == [intent["latest_charge"]]
    assert [one["type"] for one in await _all(house.ctx, source=intent["latest_charge"])] == ["charge"]
    assert await _all(house.ctx, currency="eur") == await _all(house.ctx, source="re_1") == []
    assert await _all(house.ctx, type="adjustment") == []
    told, has = await _sums(house.ctx)
    assert told == has == Counter(usd=2000 - 88)
    assert await house.broken() == set()


async def test_captured_money_becomes_available_after_its_days(house: House) -> None:
    intent = await house.pay(5000)
    txn = (await charges.get(house.ctx, intent["latest_charge"]))["balance_transaction"]
    before = await balance_transactions.get(house.ctx, txn)
    house.clock.move(days=1.9)
    assert await _release(house) == 0
    house.clock.move(days=0.2)
    assert await asyncio.gather(_release(house), _release(house)) in ([0, 1], [1, 0])
    balance = await balances.get(house.ctx)
    assert (_part(balance, "available"), _part(balance, "pending")) == (4825, 0)
    after = await balance_transactions.get(house.ctx, txn)
    assert (before["status"], after["status"]) == ("pending", "available")
    assert {name for name in after if after[name] != before[name]} <= {"status", "available_on"}
    refund = await refunds.create(house.ctx, {"payment_intent": intent["id"], "amount": 825})
    assert (await balance_transactions.get(house.ctx, refund["balance_transaction"]))["status"] == "available"
    balance = await balances.get(house.ctx)
    assert (_part(balance, "available"), _part(balance, "pending")) == (4000, 0)
    assert await _release(house) == 0
    assert await house.broken() == set()


@pytest.mark.parametrize("parts", [[5000], [2000, 3000]], ids=["once", "in_parts"])
async def test_some_test_cards_need_not_wait(house: House, parts: list[int]) -> None:
    more = {"capture_method": "manual", "payment_method_options": {"card": {"request_multicapture": "if_available"}}}
    made = await house.pay(5000, "pm_card_bypassPending", **(more if len(parts) > 1 else {}))
    for place, part in enumerate(parts if len(parts) > 1 else []):
        await intents.capture(house.ctx, made["id"], {"amount_to_capture": part, "final_capture": place == 1})
    charge = await charges.get(house.ctx, made["latest_charge"])
    txn = await balance_transactions.get(house.ctx, charge["balance_transaction"])
    assert (txn["status"], txn["net"]) == ("available", 4825)
    assert txn["available_on"] <= charge["created"] + 60
    balance = await balances.get(house.ctx)
    assert (_part(balance, "available"), _part(balance, "pending")) == (4825, 0)
    assert (await refunds.create(house.ctx, {"payment_intent": made["id"], "amount": 825}))["status"] == "succeeded"
    house.clock.move(days=3)
    assert await _release(house) == 0
    assert (await house.pay(30, "pm_card_bypassPendingInternational", currency="eur"))["status"] == "succeeded"
    balance = await balances.get(house.ctx)
    assert (_part(balance, "available"), _part(balance, "pending")) == (4000, 0)
    assert (_part(balance, "available", "eur"), _part(balance, "pending", "eur")) == (-1, 0)  # less than its fee
    told, has = await _sums(house.ctx)
    assert told == {currency: amount for currency, amount in has.items() if amount}
    assert await house.broken() == set()


async def test_a_refund_under_way_keeps_its_payment_pending(house: House) -> None:
    """The hold may come back into merchant_pending, and the payment's money moves only once."""
    intent = await house.pay(5000)
    house.vault.control(match=[{"fault": "drop", "kind": "refund", "once": True}])
    refund = await refunds.create(house.ctx, {"payment_intent": intent["id"], "amount": 1000})
    assert refund["status"] == "pending"
    other = await house.pay(2000)
    house.clock.move(days=3)
    assert await _release(house) == 1
    assert _part(await balances.get(house.ctx), "available") == 2000 - 88
    for _ in range(4):
        await house.settle()
    assert (await refunds.get(house.ctx, refund["id"]))["status"] in ("succeeded", "failed")
    assert await _release(house) == 1
    balance = await balances.get(house.ctx)
    assert _part(balance, "pending") == 0
    told, has = await _sums(house.ctx)
    assert told == has
    assert await house.broken() == set()
    assert other["status"] == "succeeded"


async def test_the_schedule_does_not_look_twice_at_what_is_done(house: House) -> None:
    for amount in (2000, 3000):
        await house.pay(amount)
    house.clock.move(days=3)
    assert await _release(house) == 2
    assert await house.rows("SELECT seen FROM pay.funds WHERE env = %s") == []  # may still commit late: looked at again
    await house.pay(4000)
    house.clock.move(days=3)
    assert await _release(house) == 1


async def test_a_random_day_of_sales_and_refunds_adds_up(house: House) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    made = []
    for _ in range(25):
        amount, currency = chance.choice([50, 60, 1000, 4321]), chance.choice(["usd", "eur", "jpy"])
        made.append((await house.pay(amount, currency=currency))["id"])
        if chance.random() < 0.5:
            await refunds.create(house.ctx, {"payment_intent": made.pop(chance.randrange(len(made)))})
        if chance.random() < 0.2:
            house.clock.move(days=chance.choice([1, 3]))
            await _release(house)
        told, has = await _sums(house.ctx)
        assert {k: v for k, v in has.items() if v} == {k: v for k, v in told.items() if v}, seed
    assert await house.broken() == set()
