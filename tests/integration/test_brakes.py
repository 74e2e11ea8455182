"""The counters of the brake: exact under racing tries, one window at a time, and bounded."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backend.config import Settings
from backend.context import Client, Context
from backend.errors import CardError, InvalidRequest, TooMany
from backend.risk import brakes
from tests.desk import Desk, desk
from tests.stack import Schema


@pytest.fixture
async def shop(postgres: Schema, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(postgres, tmp_path) as made:
        yield made


def at(shop: Desk, address: str = "192.0.2.1", link: str | None = None, budgets: str = "") -> Context:
    """A shopper's context; with `budgets` other ones than test mode has by default."""
    runtime = shop.ctx.runtime
    if budgets:
        runtime = replace(runtime, settings=Settings(DECLINE_BUDGETS_TEST=budgets).model_copy(
            update={"app_database_url": runtime.settings.app_database_url}))
    return replace(shop.ctx, runtime=runtime, client=Client(address, shopper=True, link=link))


def card(number: int = 1, bank: str = "400012") -> dict[str, Any]:
    return {"type": "card", "card": {"fingerprint": f"F{number}", "iin": bank}}


async def tried(ctx: Context, intent: str, method: dict[str, Any], *, declined: bool = True,
                authenticated: bool = False) -> None:
    """One try from beginning to end; raises what the brake says."""
    brake = brakes.of(ctx, intent, method)
    await brakes.count(ctx, brakes.begin(ctx, brake, authenticated=authenticated))
    await asyncio.sleep(0)
    await brakes.count(ctx, brakes.end(ctx, brake, declined=declined, approved=not declined))


async def allowed(ctx: Context, tries: int, **more: Any) -> int:
    """How many of so many tries, each of a new payment and card, get through one after another."""
    done = 0
    for number in range(tries):
        try:
            await tried(ctx, f"pi_{ctx.client.address}_{number}_{random.random()}"[:100], card(number), **more)
            done += 1
        except TooMany:
            continue
    return done


async def window_over(shop: Desk, kind: str) -> None:
    """The windows of this kind end now."""
    await shop.runtime.db.execute(shop.ctx.env, "UPDATE pay.brake SET ends_at = now() - interval '1 second' "
                                                "WHERE env = %s AND kind = %s", (shop.ctx.env, kind))


async def test_an_address_has_fifteen_declines_in_a_window(shop: Desk) -> None:
    assert await allowed(at(shop), 30) == 15
    assert await allowed(at(shop, "192.0.2.250"), 5) == 0
    assert await allowed(at(shop, "192.0.3.1"), 5, authenticated=True) == 5
    assert await allowed(at(await shop.merchant()), 5) == 5


@pytest.mark.parametrize("proxy", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_a_proxy_that_is_not_trusted_is_no_shoppers_address(shop: Desk, proxy: str) -> None:
    """In live mode; in test mode a developer sits at this machine."""
    live = await shop.merchant("live")
    assert await allowed(at(live, proxy), 30, authenticated=True) == 30
    assert await allowed(at(live), 30, authenticated=True) == 15
    assert await allowed(at(shop, proxy), 30, authenticated=True) == 15


@pytest.mark.parametrize("seed", range(3))
async def test_racing_tries_get_no_further_than_the_room(shop: Desk, seed: int) -> None:
    """Ninety at one moment, with few cards at few addresses, so that they lock the same rows in many orders."""
    chance = random.Random(seed)
    addresses, going = [f"192.0.{n}.1" for n in range(3)], asyncio.Event()

    async def one(number: int) -> str:
        ctx = at(shop, chance.choice(addresses))
        brake = brakes.of(ctx, f"pi_{number}", card(chance.randrange(20)))
        await going.wait()
        try:
            await brakes.count(ctx, brakes.begin(ctx, brake, authenticated=True))
        except TooMany:
            return ""
        await brakes.count(ctx, brakes.end(ctx, brake, declined=True))
        return ctx.client.address

    racing = [asyncio.create_task(one(number)) for number in range(90)]
    going.set()
    through = await asyncio.gather(*racing)
    assert max(through.count(address) for address in addresses) <= 20
    rows = await shop.rows("SELECT kind, key, declined, underway FROM pay.brake WHERE env = %s", shop.ctx.env)
    assert {row["underway"] for row in rows} == {0}
    blocks = {row["key"]: row["declined"] for row in rows if row["kind"] == "block"}
    assert blocks == {brakes.block(address): through.count(address) for address in addresses}


async def test_a_payment_has_five_and_asks_for_authentication_after_two(shop: Desk) -> None:
    ctx = at(shop)
    for number in range(2):
        await tried(ctx, "pi_1", card(number))
    with pytest.raises(brakes.Authenticate):
        await tried(ctx, "pi_1", card(3))
    for number in range(3, 6):
        await tried(ctx, "pi_1", card(number), authenticated=True)
    with pytest.raises(InvalidRequest) as closed:
        await tried(ctx, "pi_1", card(7), authenticated=True)
    assert brakes.closes(closed.value)
    await tried(ctx, "pi_2", card(7))


async def test_what_was_approved_makes_room_where_many_shop(shop: Desk) -> None:
    ctx = at(shop)
    for number in range(50):
        await tried(ctx, f"pi_good_{number}", card(number), declined=False)
    assert await allowed(ctx, 40) == 25


async def test_a_link_is_spent_and_opens_again_with_its_window(shop: Desk) -> None:
    ctx = at(shop, link="plink_1", budgets="link=3/1h")
    assert await allowed(ctx, 5) == 3
    with pytest.raises(TooMany, match="in about 60 minutes") as spent:
        await brakes.require_left(ctx, "link", "plink_1")
    assert 3500 < int(spent.value.headers["Retry-After"]) <= 3600
    await window_over(shop, "link")
    await brakes.require_left(ctx, "link", "plink_1")
    assert await allowed(ctx, 5) == 3


@pytest.mark.parametrize("kind", ["bin", "merchant"])
async def test_a_bank_or_a_merchant_under_attack_asks_its_cardholders_and_blocks_nobody(shop: Desk, kind: str) -> None:
    key = "400012" if kind == "bin" else "all"
    with psycopg.connect(shop.runtime.settings.app_database_url) as link:
        link.execute("SELECT set_config('app.env', %s, false)", (str(shop.ctx.env),))
        link.execute("INSERT INTO pay.brake (env, kind, key, declined, ends_at, alarm_until) VALUES "
                     "(%s, %s, %s, 40, now() + interval '1 hour', CASE %s WHEN 'merchant' THEN now() "
                     "+ interval '1 hour' END)", (shop.ctx.env, kind, key, kind))
    with pytest.raises(brakes.Authenticate):
        await tried(at(shop), "pi_1", card())
    await tried(at(shop), "pi_1", card(), authenticated=True, declined=False)
    if kind == "bin":
        await tried(at(shop), "pi_2", card(2, "555555"), declined=False)
    found = await brakes.alarm(shop.ctx)
    assert (found is not None) is (kind == "merchant")


async def test_a_question_that_ends_badly_gives_back_what_it_held(shop: Desk) -> None:
    ctx, brake = at(shop), brakes.of(at(shop), "seti_1", card())
    for error, declined in ((CardError("no", code="card_declined"), 1), (RuntimeError(), 1)):
        with pytest.raises(type(error)):
            async with brakes.trying(ctx, brake):
                raise error
        rows = await shop.rows("SELECT declined, underway FROM pay.brake WHERE env = %s AND kind = 'card'", ctx.env)
        assert rows == [{"declined": declined, "underway": 0}]


async def test_rows_are_bounded_by_the_windows(shop: Desk) -> None:
    await allowed(at(shop, budgets="card=5/1h,block=5/1h"), 5)
    await window_over(shop, "card")
    assert await brakes.forget(shop.runtime) == 5
    rows = await shop.rows("SELECT kind FROM pay.brake WHERE env = %s", shop.ctx.env)
    assert [row["kind"] for row in rows] == ["block"]


async def test_a_server_is_counted_for_the_alarm_alone(shop: Desk) -> None:
    assert brakes.of(shop.ctx, "pi_1", card()) is None
    await brakes.count(shop.ctx, brakes.begin(shop.ctx, None))
    await brakes.count(shop.ctx, brakes.end(shop.ctx, None, declined=True))
    rows = await shop.rows("SELECT kind, declined FROM pay.brake WHERE env = %s", shop.ctx.env)
    assert rows == [{"kind": "merchant", "declined": 1}]


async def test_without_budgets_nothing_is_counted(shop: Desk) -> None:
    assert await allowed(at(shop, budgets="none"), 50) == 50
    assert await shop.rows("SELECT 1 FROM pay.brake WHERE env = %s", shop.ctx.env) == []
