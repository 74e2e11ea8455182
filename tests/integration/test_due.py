"""Timers on PostgreSQL: set and cancelled with their objects, taken once, found without asking every environment."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.accounts import environments
from backend.agenda import work
from backend.checkout_sessions import expiry, sessions
from backend.due import timers
from backend.due.kinds import Kind
from backend.ledger import balance_transactions
from backend.payment_links import expiry as link_expiry
from backend.payment_links import links
from backend.payments import intents
from backend.payments.holds import capture_window
from backend.reconciliation import invariants
from tests.desk import Desk, desk
from tests.house import House, house_over
from tests.stack import ROOT, Schema
from workers import chores, kinds
from workers.schedule import Sweeper

DAY = timedelta(days=1)
ORDER = {"mode": "payment", "success_url": "https://shop.example/", "line_items": [{
    "quantity": 1, "price_data": {"currency": "usd", "unit_amount": 2000, "product_data": {"name": "Notebook"}}}]}

LINK = {"line_items": ORDER["line_items"], "expires_at": "auto"}


@pytest.fixture
async def shop(postgres: Schema, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(postgres, tmp_path) as opened:
        yield opened


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres) as made:
        yield made


async def put(shop: Desk, *objects: str, kind: Kind = Kind.SESSION, wait: timedelta = timedelta()) -> None:
    async with shop.ctx.transaction() as tx:
        for one in objects:
            await timers.put(shop.ctx, tx, kind, one, shop.clock.now() + wait)


async def take(shop: Desk) -> list[timers.Timer]:
    return await timers.take(shop.runtime, shop.ctx.env, Kind.SESSION, 10)


async def due(shop: Desk) -> set[tuple[int, Kind]]:
    return {(one.env, one.kind) for one in await work.find(shop.runtime)}


# ---------------------------------------------------------------- one timer


async def test_a_timer_is_taken_by_one(shop: Desk) -> None:
    await put(shop, "a", "b")
    taken = await asyncio.gather(*(take(shop) for _ in range(4)))
    assert sorted(one.object_id for part in taken for one in part) == ["a", "b"]
    assert await take(shop) == []
    assert await due(shop) == set()


async def test_a_lease_that_ran_out_is_taken_again(shop: Desk) -> None:
    await put(shop, "a")
    [first] = await take(shop)
    await shop.runtime.db.execute(shop.ctx.env, "UPDATE pay.due SET leased_until = now() WHERE env = %s",
                                  (shop.ctx.env,))
    [second] = await take(shop)
    assert second.lease == first.lease + 1
    await timers.drop(shop.runtime, first)
    assert len(await shop.rows("SELECT 1 FROM pay.due WHERE env = %s", shop.ctx.env)) == 1
    await timers.drop(shop.runtime, second)
    assert await shop.rows("SELECT 1 FROM pay.due WHERE env = %s", shop.ctx.env) == []


async def test_a_timer_that_is_put_off_comes_again(shop: Desk) -> None:
    await put(shop, "a")
    [taken] = await take(shop)
    await timers.put_off(shop.runtime, taken, shop.clock.now() + DAY)
    assert await take(shop) == []
    shop.clock.move(days=1)
    assert [one.object_id for one in await take(shop)] == ["a"]


async def test_who_holds_a_timer_that_was_moved_leaves_it_alone(shop: Desk) -> None:
    await put(shop, "a")
    [taken] = await take(shop)
    await put(shop, "a", wait=DAY)
    await timers.put_off(shop.runtime, taken, shop.clock.now() + 9 * DAY)
    shop.clock.move(days=1)
    assert len(await take(shop)) == 1


async def test_a_timer_lives_and_dies_with_its_transaction(shop: Desk) -> None:
    with suppress(ZeroDivisionError):
        async with shop.ctx.transaction() as tx:
            await timers.put(shop.ctx, tx, Kind.SESSION, "a", shop.clock.now())
            raise ZeroDivisionError
    assert await take(shop) == []


async def test_only_its_own_environment_takes_a_timer(shop: Desk) -> None:
    other = await shop.merchant()
    await put(shop, "a")
    await put(other, "b")
    assert await due(shop) == {(shop.ctx.env, Kind.SESSION), (other.ctx.env, Kind.SESSION)}
    assert [one.object_id for one in await take(other)] == ["b"]
    assert await due(shop) == {(shop.ctx.env, Kind.SESSION)}


# ---------------------------------------------------------------- what it costs to ask


async def _blocks(shop: Desk) -> int:
    """How many pages of the database the sweeper's question reads."""
    plan = await shop.runtime.db.rows(0, "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF) "
                                         "SELECT * FROM pay.work_due(%s)", (shop.clock.now(),))
    found = re.search(r"Buffers: shared hit=(\d+)(?: read=(\d+))?", "\n".join(str(row["QUERY PLAN"]) for row in plan))
    assert found
    return int(found[1]) + int(found[2] or 0)


async def test_environments_without_work_cost_nothing(shop: Desk) -> None:
    """Ten thousand timers of tomorrow and five hundred merchants are asked about as one is."""
    await put(shop, "a")
    await shop.happen()
    await _blocks(shop)
    few = await _blocks(shop)
    async with shop.runtime.db.everywhere() as tx:
        for number in range(500):
            account = await environments.create_account(tx, f"Shop {number}")
            await environments.create(tx, account, "test")
    await shop.runtime.db.execute(shop.ctx.env, "INSERT INTO pay.due (env, kind, object_id, at) SELECT %s, 'session', "
                                  "'later_' || n, %s FROM generate_series(1, 10000) n",
                                  (shop.ctx.env, shop.clock.now() + DAY))
    await _blocks(shop)
    assert await _blocks(shop) <= few + 10
    assert await due(shop) == {(shop.ctx.env, Kind.SESSION), (shop.ctx.env, Kind.OUTBOX)}


async def test_no_role_of_ours_reads_across_environments_by_itself(shop: Desk) -> None:
    """The setting that lets the sweeper's functions see opens nothing to whoever else sets it."""
    other = await shop.merchant()
    await put(other, "b")
    await other.happen()
    for table in ("due", "outbox", "delivery", "attempt", "refund", "account", "audit", "transfer"):
        seen = await shop.runtime.db.rows(shop.ctx.env, f"SELECT count(*) AS n FROM pay.{table}, "
                                          "set_config('app.sweep', 'on', true)")
        assert seen == [{"n": 0}], table


# ---------------------------------------------------------------- the objects


async def _timers(house: House) -> list[str]:
    return [row["kind"] for row in await house.rows("SELECT kind FROM pay.due WHERE env = %s ORDER BY kind")]


async def test_an_authorisation_has_a_timer_until_it_is_captured_or_released(house: House) -> None:
    for end in (intents.capture, intents.cancel):
        held = await house.pay(capture_method="manual")
        assert await house.rows("SELECT object_id, at FROM pay.due WHERE env = %s AND kind = 'capture_window'") == [
            {"object_id": held["id"], "at": house.clock.now() + timedelta(days=7)}]
        await end(house.ctx, held["id"], {})
        assert "capture_window" not in await _timers(house)
    assert await house.broken() == set()


async def test_a_timer_that_is_too_early_is_put_off_until_the_end_of_the_window(house: House) -> None:
    held = await house.pay(capture_method="manual")
    house.superuser("UPDATE pay.due SET at = now() - interval '1 minute' WHERE kind = 'capture_window'")
    assert await capture_window.void_due(house.ctx.runtime, house.ctx.env, 20) == 1
    assert (await intents.get(house.ctx, held["id"]))["status"] == "requires_capture"
    assert await house.rows("SELECT at FROM pay.due WHERE env = %s AND kind = 'capture_window'") == [
        {"at": house.clock.now() + timedelta(days=7)}]


async def test_pending_money_is_looked_at_when_the_first_of_it_matures(house: House) -> None:
    runtime, env = house.ctx.runtime, house.ctx.env
    await house.pay(5000)
    [before] = await house.rows("SELECT at FROM pay.due WHERE env = %s AND kind = 'funds'")
    assert await balance_transactions.release(runtime, env, 50) == 0
    [now] = await house.rows("SELECT at FROM pay.due WHERE env = %s AND kind = 'funds'")
    assert timedelta(days=1, hours=23) < now["at"] - before["at"] < timedelta(days=2, hours=1)
    house.clock.move(days=2, minutes=1)
    assert (env, Kind.FUNDS) in {(one.env, one.kind) for one in await work.find(runtime)}
    assert await balance_transactions.release(runtime, env, 50) == 1
    assert (env, Kind.FUNDS) not in {(one.env, one.kind) for one in await work.find(runtime)}


async def test_a_session_has_a_timer_until_it_is_closed(shop: Desk) -> None:
    async with shop.ctx.transaction() as tx:
        made = await sessions.create(shop.ctx, tx, ORDER)
    assert await expiry.expire_due(shop.runtime, shop.ctx.env, 10) == 0
    shop.clock.move(days=1)
    assert await due(shop) == {(shop.ctx.env, Kind.SESSION)}
    assert await expiry.expire_due(shop.runtime, shop.ctx.env, 10) == 1
    assert (await sessions.get(shop.ctx, made["id"]))["status"] == "expired"
    told = await shop.rows("SELECT type FROM pay.event WHERE env = %s AND object_id = %s", shop.ctx.env, made["id"])
    assert told == [{"type": "checkout.session.expired"}]
    assert await shop.rows("SELECT kind FROM pay.due WHERE env = %s", shop.ctx.env) == []


async def test_a_link_has_a_timer_until_it_is_switched_off(shop: Desk) -> None:
    async with shop.ctx.transaction() as tx:
        made = await links.create(shop.ctx, tx, LINK)
    for change, waits in (({"expires_at": ""}, False), ({"expires_at": "auto"}, True), ({"active": False}, False),
                          ({"active": True}, True)):
        async with shop.ctx.transaction() as tx:
            shown = await links.update(shop.ctx, tx, made["id"], change)
        kept = await shop.rows("SELECT at FROM pay.due WHERE env = %s AND kind = 'payment_link'", shop.ctx.env)
        assert [int(row["at"].timestamp()) for row in kept] == ([shown["expires_at"]] if waits else [])
    assert timedelta(seconds=shown["expires_at"] - shop.clock.now().timestamp()) > 7 * DAY - timedelta(seconds=2)
    await timers.at_once(shop.runtime, shop.ctx.env, Kind.PAYMENT_LINK, [made["id"]])
    assert await link_expiry.close_due(shop.runtime, shop.ctx.env, 10) == 1  # too early: it is put off
    assert (await links.get(shop.ctx, made["id"]))["active"]
    shop.clock.move(days=7)
    assert await due(shop) == {(shop.ctx.env, Kind.PAYMENT_LINK), (shop.ctx.env, Kind.OUTBOX)}
    assert await link_expiry.close_due(shop.runtime, shop.ctx.env, 10) == 1
    assert not (await links.get(shop.ctx, made["id"]))["active"]
    told = await shop.rows("SELECT type, previous_attributes::jsonb AS was FROM pay.event WHERE env = %s AND "
                           "object_id = %s ORDER BY object_seq DESC LIMIT 1", shop.ctx.env, made["id"])
    assert told == [{"type": "payment_link.updated", "was": {"active": True}}]
    assert await shop.rows("SELECT kind FROM pay.due WHERE env = %s", shop.ctx.env) == []


async def test_what_a_process_of_the_release_before_made_comes_due_all_the_same(house: House) -> None:
    """It sets no timers; a look every ten minutes gives each object its own."""
    held, _ = await house.pay(capture_method="manual"), await house.pay()
    async with house.ctx.transaction() as tx:
        made = await sessions.create(house.ctx, tx, ORDER)
        link = await links.create(house.ctx, tx, LINK)
    house.superuser("DELETE FROM pay.due")
    assert "D1" in await house.broken()
    assert await work.adopt(house.ctx.runtime) == 4
    assert await work.adopt(house.ctx.runtime) == 0
    assert await house.broken() == set()
    for days in (0, 2.1, 5):
        house.clock.move(days=days)
        for found in await work.find(house.ctx.runtime):
            if found.env and found.kind in kinds.TIMERS:
                await kinds.TIMERS[found.kind](house.ctx.runtime, found.env)
    assert (await sessions.get(house.ctx, made["id"]))["status"] == "expired"
    assert (await intents.get(house.ctx, held["id"]))["cancellation_reason"] == "expired"
    assert not (await links.get(house.ctx, link["id"]))["active"]
    assert await _timers(house) == ["funds"]
    assert await house.broken() == set()


# ---------------------------------------------------------------- chores


async def test_chores_are_done_by_one_worker_when_they_are_due(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def chore(name: str, seconds: float) -> chores.Chore:
        async def do(runtime: Any) -> None:
            done.append(name)
        return chores.Chore(seconds, do)

    monkeypatch.setattr(chores, "CHORES", {"often": chore("often", 60), "rarely": chore("rarely", 3600)})
    await chores.all_at_once(shop.runtime)
    await asyncio.gather(*(chores.do(shop.runtime, 0) for _ in range(3)))
    assert sorted(done) == ["often", "rarely"]
    assert await due(shop) == set()
    shop.clock.move(seconds=61)
    assert await due(shop) == {(0, Kind.CHORE)}
    await chores.do(shop.runtime, 0)
    assert sorted(done) == ["often", "often", "rarely"]


async def test_every_chore_is_due_at_the_start_and_when_the_clock_was_set_back(shop: Desk) -> None:
    rung: list[int] = []
    bells = {kind: (rung.append if kind == Kind.CHORE else lambda env: None) for kind in Kind}
    for _ in range(2):  # two workers start
        sweeper = Sweeper(shop.runtime, bells)
        await sweeper.sweep()
        assert rung.pop() == 0
        await chores.do(shop.runtime, 0)
    await sweeper.sweep()
    assert rung == []
    shop.clock.move(days=-1)
    await sweeper.sweep()
    assert rung == [0]


async def test_each_chore_runs(shop: Desk) -> None:
    for name, chore in chores.CHORES.items():
        await chore.do(shop.runtime)
        assert chore.seconds >= 60, name


def test_every_timer_has_its_handler() -> None:
    assert set(kinds.TIMERS) == set(Kind) - {Kind.OUTBOX, Kind.WEBHOOKS, Kind.RECONCILE, Kind.MAIL}


def test_every_kind_of_timer_is_given_to_what_has_none_and_looked_for_by_the_books_check() -> None:
    adopted = (ROOT / "backend" / "agenda" / "functions" / "due_adopt.sql").read_text()
    [check] = [one for one in invariants.checks() if one.id == "D1"]
    for kind in set(kinds.TIMERS) - {Kind.CHORE}:
        assert f"'{kind}'" in adopted, "due_adopt.sql gives what waits without a timer its own"
        assert f"'{kind}'" in check.query, "the check D1 of invariants.sql looks for what waits without a timer"


async def test_a_kind_of_a_later_release_is_left_to_it(shop: Desk) -> None:
    await shop.runtime.db.execute(shop.ctx.env, "INSERT INTO pay.due (env, kind, object_id, at) VALUES (%s, 'invoice', "
                                  "'in_1', %s)", (shop.ctx.env, shop.clock.now()))
    assert await due(shop) == set()
