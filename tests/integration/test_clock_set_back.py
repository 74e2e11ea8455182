"""The system's clock is set back a day: nothing that was due in a moment waits until tomorrow.

One that is ahead forgets nothing early.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from backend.accounts import members
from backend.context import Key
from backend.errors import AuthenticationFailed
from backend.events import outbox
from backend.reconciliation import attempts as reconciler
from backend.reconciliation import due_times
from backend.requests import idempotency
from backend.requests.answers import Answer
from backend.webhooks import deliveries, endpoints
from tests.books import torn
from tests.desk import Desk, desk
from tests.fault.experiments.unknown import DROPPED, SILENT
from tests.house import House, house_over
from tests.stack import Schema

DAY = 86_400


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=1.5) as made:
        yield made


@pytest.fixture
async def shop(postgres: Schema, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(postgres, tmp_path) as made:
        yield made


async def test_payments_without_an_answer_are_asked_about_today(house: House) -> None:
    house.vault.control(match=[{"fault": "approve_silent", "amount": SILENT}, {"fault": "drop", "amount": DROPPED}])
    house.clock.move(seconds=DAY)
    for amount in (SILENT, DROPPED):
        assert (await house.pay(amount))["status"] == "processing"
    house.superuser("UPDATE pay.attempt SET leased_until = now() + interval '1 day'")
    house.clock.move(seconds=-DAY)
    env = house.ctx.env
    assert await reconciler.settle_due(house.ctx.runtime, env, 500) == 0
    assert await due_times.bound(house.ctx.runtime, [env]) == 2
    assert await due_times.bound(house.ctx.runtime, [env]) == 0
    await reconciler.settle_due(house.ctx.runtime, env, 500)
    open_ones = await house.rows("SELECT extract(epoch FROM next_check_at - now())::int AS wait FROM pay.attempt "
                                 "WHERE env = %s AND status IN ('sent', 'unknown')")
    assert [row["wait"] <= 2 * reconciler.SCHEDULE_SECONDS[0] for row in open_ones] == [True], "what was dropped"
    for _ in range(12):  # its age is not known, but each time it is asked about it is a second older
        await house.ask()
    assert sorted(row["status"] for row in await house.attempts()) == ["approved", "failed"]


async def test_what_waits_for_its_usual_time_goes_on_waiting(house: House) -> None:
    house.vault.control(match=[{"fault": "approve_silent", "amount": SILENT}])
    await house.pay(SILENT)
    assert await due_times.bound(house.ctx.runtime, [house.ctx.env]) == 0


async def _delivery(shop: Desk, attempts: int) -> None:
    """One delivery, after so many attempts that nobody answered."""
    async with shop.ctx.transaction() as tx:
        await endpoints.create(shop.ctx, tx, {"url": "https://shop.example/hook", "enabled_events": ["*"]})
    shop.clock.move(seconds=1)
    await shop.happen()
    await outbox.dispatch(shop.runtime, shop.ctx.env, livemode=False)
    await shop.runtime.db.execute(shop.ctx.env, "UPDATE pay.delivery SET attempts = %s WHERE env = %s",
                                  (attempts, shop.ctx.env))


async def _set(shop: Desk, column: str, seconds: float) -> None:
    at = shop.clock.now() + timedelta(seconds=seconds)
    await shop.runtime.db.execute(shop.ctx.env, f"UPDATE pay.delivery SET {column} = %s WHERE env = %s",
                                  (at, shop.ctx.env))


@pytest.mark.parametrize(("attempts", "waits", "column"), [
    (0, 0, "next_at"), (1, 5, "next_at"), (2, 300, "next_at"), (0, 60, "leased_until"), (0, 0, "resend_at")])
async def test_a_delivery_waits_no_longer_than_the_step_that_it_is_at(shop: Desk, attempts: int, waits: int,
                                                                      column: str) -> None:
    """After so many attempts that nobody answered it waits for so many seconds, and not for a day more."""
    await _delivery(shop, attempts)
    for seconds, moved in ((waits * 0.9, 0), (waits + DAY, 1)):
        await _set(shop, column, seconds)
        assert await due_times.bound(shop.runtime, [shop.ctx.env]) == moved
    assert len(await deliveries.claim(shop.runtime, shop.ctx.env, limit=9)) == 1


async def test_a_receiver_that_asked_for_a_day_gets_it(shop: Desk) -> None:
    await _delivery(shop, 1)
    await shop.runtime.db.execute(shop.ctx.env, "UPDATE pay.delivery SET last_status = 503 WHERE env = %s",
                                  (shop.ctx.env,))
    await _set(shop, "next_at", DAY - 1)
    assert await due_times.bound(shop.runtime, [shop.ctx.env]) == 0


async def test_a_brake_lasts_no_longer_than_its_window(shop: Desk) -> None:
    env = shop.ctx.env
    window = max(table["block"].seconds for table in shop.runtime.settings.decline_budget_table.values())
    await shop.runtime.db.execute(env, "INSERT INTO pay.brake (env, kind, key, declined, ends_at) "
                                       "VALUES (%s, 'block', 'a', 9, now() + interval '1 day 1 hour')", (env,))
    assert await due_times.bound(shop.runtime, [env]) == 1
    [row] = await shop.rows("SELECT declined, extract(epoch FROM ends_at - now())::int AS left FROM pay.brake "
                            "WHERE env = %s", env)
    assert row["declined"] == 9
    assert row["left"] <= window


async def test_windows_of_tries_end_too(postgres: Schema) -> None:
    urls, link = torn(postgres)
    with link, psycopg.connect(urls.app, autocommit=True) as app:
        def add() -> int:
            row = app.execute("SELECT core.tally_add(%s, 900)", (bytes(32),)).fetchone()
            assert row
            return int(row[0])

        assert [add(), add()] == [1, 2]
        link.execute("UPDATE core.tally SET until = until + interval '1 day'")
        assert [add(), add()] == [1, 2]


async def test_a_login_is_locked_for_no_longer_than_a_lock(shop: Desk) -> None:
    async with shop.runtime.db.everywhere() as tx:
        await members.create(tx, shop.ctx.account, "a@b.example", "a long enough password", "Ada")
    shop.clock.move(seconds=DAY)
    for _ in range(members.TRIES_MAX):
        with pytest.raises(AuthenticationFailed):
            await members.sign_in(shop.runtime, "a@b.example", "wrong", "")
    with pytest.raises(AuthenticationFailed):
        await members.sign_in(shop.runtime, "a@b.example", "a long enough password", "")
    shop.clock.move(seconds=-DAY)
    assert await members.sign_in(shop.runtime, "a@b.example", "a long enough password", "")


async def test_a_worker_whose_clock_is_ahead_forgets_no_answer(shop: Desk) -> None:
    keys = {"new": 0, "three_days": 71, "old": 73}
    for key, hours in keys.items():
        named = replace(shop.ctx, key=Key(key, b"1" * 32), request_id=f"req_{key}")
        async with shop.ctx.transaction() as tx:
            assert await idempotency.claim_in(named, tx) is None
            await idempotency.finish_in(named, tx, Answer(200, b"{}"), None)
        await shop.rows("UPDATE pay.idempotency SET created_at = now() - make_interval(hours => %s) WHERE key = %s "
                        "RETURNING key", hours, key)
    shop.clock.move(hours=72)
    await idempotency.reap(shop.runtime)
    assert {row["key"] for row in await shop.rows("SELECT key FROM pay.idempotency")} == {"new", "three_days"}
