"""A test environment's clock is set ahead on a running stack: what is due by then happens, there and nowhere else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from backend.accounts import clocks, environments
from backend.clock import unix
from backend.db import Database
from backend.errors import InvalidRequest
from backend.exchanges import business_time
from backend.seed import SECOND
from tests import books
from tests.operators import Operator
from tests.receivers import Receiver, status
from tests.stack import Stack, running

Row = dict[str, Any]
ORDER = {"mode": "payment", "success_url": "https://shop.example", "line_items[0][quantity]": "1",
         "line_items[0][price_data][currency]": "usd", "line_items[0][price_data][unit_amount]": "2000",
         "line_items[0][price_data][product_data][name]": "Notebook"}


class Shop:
    """A merchant by its key."""

    def __init__(self, stack: Stack, key: str) -> None:
        self.http = httpx2.AsyncClient(base_url=stack.api_base, auth=(key, ""), timeout=60, trust_env=False)

    async def post(self, path: str, **data: str) -> Row:
        answer = await self.http.post(f"/v1/{path}", data=data)
        assert answer.status_code == 200, answer.text
        row: Row = answer.json()
        return row

    async def get(self, path: str) -> Row:
        answer = await self.http.get(f"/v1/{path}")
        assert answer.status_code == 200, answer.text
        row: Row = answer.json()
        return row

    async def pay(self, **more: str) -> Row:
        return await self.post("payment_intents", amount="5000", currency="usd", confirm="true",
                               payment_method="pm_card_visa", **more)

    async def available(self) -> int:
        return int(sum(part["amount"] for part in (await self.get("balance"))["available"]))


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running() as started:
        yield started


@pytest.fixture
async def shops(stack: Stack) -> AsyncIterator[tuple[Shop, Shop]]:
    """The merchant whose clock is set, and another."""
    one, other = Shop(stack, stack.secret_key), Shop(stack, stack.values[SECOND]["secret_key"])
    yield one, other
    await one.http.aclose()
    await other.http.aclose()


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 120) -> None:
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.1)


async def clock(stack: Stack, **ahead: float) -> datetime:
    """Move the clock so far from what it says now."""
    operator, account = Operator(stack.environment()), stack.values["account"]

    def said(*moment: str) -> datetime:
        return datetime.fromisoformat(operator.answers("environment", "clock", account, "test", *moment)["clock"])

    says = await asyncio.to_thread(said)
    return await asyncio.to_thread(said, (says + timedelta(**ahead)).isoformat())


async def test_what_is_due_by_then_happens_there_and_nowhere_else(stack: Stack, shops: tuple[Shop, Shop]) -> None:
    answers = iter([500, 500])
    async with Receiver(script=lambda _, writer: _answer(writer, answers)) as receiver:
        await shops[0].post("webhook_endpoints", url=receiver.url, **{"enabled_events[0]": "charge.captured"})
        held = [await shop.pay(capture_method="manual") for shop in shops]
        sold = await shops[0].pay(capture_method="manual")
        await shops[0].post(f"payment_intents/{sold['id']}/capture")
        await shops[1].pay()
        made = [await shop.post("checkout/sessions", **ORDER) for shop in shops]
        before = [await shop.available() for shop in shops]
        await until(lambda: _true(len(receiver.received) == 2))  # the third try is five minutes away

        await clock(stack, hours=1)
        await until(lambda: _true(len(receiver.received) == 3))

        await clock(stack, hours=24)

        async def expired() -> bool:
            return bool((await shops[0].get(f"checkout/sessions/{made[0]['id']}"))["status"] == "expired")
        await until(expired)
        told = await shops[0].get("events?type=checkout.session.expired")
        assert [event["data"]["object"]["id"] for event in told["data"]] == [made[0]["id"]]
        assert told["data"][0]["created"] >= made[0]["expires_at"]

        await clock(stack, hours=26)

        async def matured() -> bool:
            return await shops[0].available() > before[0]
        await until(matured)

        moment = await clock(stack, days=5)

        async def voided() -> bool:
            return bool((await shops[0].get(f"payment_intents/{held[0]['id']}"))["status"] == "canceled")
        await until(voided)
        assert (await shops[0].get(f"payment_intents/{held[0]['id']}"))["cancellation_reason"] == "expired"

    new = await shops[0].pay()
    assert new["created"] >= (unix(moment) or 0)
    charge = await shops[0].get(f"charges/{new['latest_charge']}?expand[]=balance_transaction")
    assert charge["balance_transaction"]["created"] >= (unix(moment) or 0)
    assert charge["balance_transaction"]["status"] == "pending"

    assert (await shops[1].get(f"payment_intents/{held[1]['id']}"))["status"] == "requires_capture"
    assert (await shops[1].get(f"checkout/sessions/{made[1]['id']}"))["status"] == "open"
    assert await shops[1].available() == before[1]
    assert abs((await shops[1].pay())["created"] - datetime.now(UTC).timestamp()) < 3600
    assert await books.violations(stack) == []


async def _true(value: bool) -> bool:
    return value


async def _answer(writer: Any, answers: Iterator[int]) -> None:
    writer.write(status(next(answers, 200), "Connection: close"))


async def test_only_forward_and_never_in_a_live_environment(stack: Stack) -> None:
    db, now = Database(stack.urls.app, name="tests"), datetime.now(UTC)
    try:
        async with db.everywhere(actor="tests") as tx:
            account = await environments.create_account(tx, "Clockmaker")
            test, live = [await environments.create(tx, account, mode) for mode in ("test", "live")]
            await business_time.move(tx, test, now, now + timedelta(days=3))
            assert await clocks.read(tx, test, now + timedelta(hours=1)) == now + timedelta(days=3, hours=1)
            for env, ahead, words in ((test, 2, "only goes forward"), (live, 1, "live")):
                with pytest.raises(InvalidRequest, match=words):
                    await business_time.move(tx, env, now, now + timedelta(days=ahead))
    finally:
        await db.close()
