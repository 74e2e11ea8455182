"""What the database itself keeps of the catalogue: each guard holds, and its absence is noticed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from backend.catalog import coupons, prices, products, promotion_codes, sql
from backend.catalog.tables import COUPON, PROMOTION_CODE
from backend.db import constraint
from backend.errors import InvalidRequest
from backend.resources import resources
from tests.desk import Desk, desk
from tests.stack import Schema

Row = dict[str, Any]
RACERS = 20


@pytest.fixture
async def shop(postgres: Schema, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(postgres, tmp_path) as one:
        yield one


def without(postgres: Schema, shop: Desk, statement: str) -> None:
    """Take a guard out of this test's own database."""
    with psycopg.connect(shop.runtime.settings.app_database_url) as here:
        name = here.info.dbname
    with psycopg.connect(postgres.urls.owner, dbname=name, autocommit=True) as link:
        link.execute(statement)


async def coupon(shop: Desk, **params: Any) -> Row:
    async with shop.ctx.transaction() as tx:
        return await coupons.create(shop.ctx, tx, {"percent_off": "10", **params})


async def code(shop: Desk, of: str, **params: Any) -> Row:
    async with shop.ctx.transaction() as tx:
        return await promotion_codes.create(shop.ctx, tx, {"promotion": {"type": "coupon", "coupon": of}, **params})


async def redeem(shop: Desk, coupon: str, code: str | None = None) -> bool:
    async with shop.ctx.transaction() as tx:
        return await coupons.redeem(shop.ctx, tx, coupon, code)


async def counted(shop: Desk, coupon: str, code: str | None = None) -> tuple[int, int | None]:
    async def of(res: resources.Resource, id: str) -> int:
        return int((await resources.row(shop.ctx, res, id))["times_redeemed"])
    return await of(COUPON, coupon), await of(PROMOTION_CODE, code) if code else None


@contextmanager
def unconditional(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A redemption that looks at nothing before it counts."""
    with monkeypatch.context() as patch:
        patch.setattr(sql, "COUPON_REDEEM", text(
            "UPDATE pay.coupon SET doc = jsonb_set(doc, '{times_redeemed}', "
            "to_jsonb((doc->>'times_redeemed')::bigint + 1)) WHERE env = :env AND id = :id AND :now > 0"))
        yield


async def racing(shop: Desk, id: str) -> list[bool | BaseException]:
    return list(await asyncio.gather(*(redeem(shop, id) for _ in range(RACERS)), return_exceptions=True))


async def test_a_coupon_is_redeemed_no_more_often_than_it_may_be(shop: Desk) -> None:
    made = await coupon(shop, max_redemptions=3)
    outcomes = await racing(shop, made["id"])
    assert sorted(map(str, outcomes)) == ["False"] * (RACERS - 3) + ["True"] * 3
    assert await counted(shop, made["id"]) == (3, None)
    assert (await coupons.get(shop.ctx, made["id"]))["valid"] is False


async def test_the_constraint_stands_behind_the_condition(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await coupon(shop, max_redemptions=3)
    with unconditional(monkeypatch):
        outcomes = await racing(shop, made["id"])
    assert [one for one in outcomes if one is True] == [True] * 3
    assert {constraint(one) for one in outcomes if isinstance(one, Exception)} == {"redeemed_at_most"}
    assert await counted(shop, made["id"]) == (3, None)


async def test_without_both_a_coupon_is_redeemed_too_often(
        shop: Desk, postgres: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await coupon(shop, max_redemptions=3)
    without(postgres, shop, "ALTER TABLE pay.coupon DROP CONSTRAINT redeemed_at_most")
    with unconditional(monkeypatch):
        await racing(shop, made["id"])
    assert await counted(shop, made["id"]) == (RACERS, None)


async def test_code_and_coupon_are_counted_together_or_not_at_all(shop: Desk) -> None:
    made = await coupon(shop, max_redemptions=3)
    word = await code(shop, made["id"], max_redemptions=2)
    outcomes = await asyncio.gather(*(redeem(shop, made["id"], word["id"]) for _ in range(RACERS)))
    assert sum(outcomes) == 2
    assert await counted(shop, made["id"], word["id"]) == (2, 2)
    other = await code(shop, made["id"])
    outcomes = await asyncio.gather(*(redeem(shop, made["id"], other["id"]) for _ in range(RACERS)))
    assert sum(outcomes) == 1  # the coupon has one left
    assert await counted(shop, made["id"], other["id"]) == (3, 1)


async def test_what_was_given_back_can_be_redeemed_again_and_never_counts_below_zero(shop: Desk) -> None:
    made = await coupon(shop, max_redemptions=1)
    word = await code(shop, made["id"], max_redemptions=1)
    assert await redeem(shop, made["id"], word["id"])
    for _ in range(3):
        async with shop.ctx.transaction() as tx:
            await coupons.give_back(shop.ctx, tx, made["id"], word["id"])
    assert await counted(shop, made["id"], word["id"]) == (0, 0)
    assert await redeem(shop, made["id"], word["id"])


async def test_what_is_over_is_not_redeemed(shop: Desk) -> None:
    soon = int(shop.clock.now().timestamp()) + 100
    timed = await coupon(shop, redeem_by=soon)
    plain = await coupon(shop)
    until, off, gone = [await code(shop, plain["id"], **more) for more in ({"expires_at": soon}, {}, {})]
    async with shop.ctx.transaction() as tx:
        await promotion_codes.update(shop.ctx, tx, off["id"], {"active": False})
    assert await redeem(shop, timed["id"])
    assert await redeem(shop, plain["id"], until["id"])
    shop.clock.move(seconds=101)
    assert not await redeem(shop, timed["id"])
    assert not await redeem(shop, plain["id"], until["id"])
    assert not await redeem(shop, plain["id"], off["id"])
    async with shop.ctx.transaction() as tx:
        await coupons.delete(shop.ctx, tx, plain["id"])
    assert not await redeem(shop, plain["id"], gone["id"])
    assert await counted(shop, plain["id"], gone["id"]) == (1, 0)
    assert (await promotion_codes.get(shop.ctx, gone["id"]))["active"] is False


async def _price(shop: Desk, **params: Any) -> Row:
    async with shop.ctx.transaction() as tx:
        return await prices.create(shop.ctx, tx, {"currency": "usd", "unit_amount": 1000,
                                                  "product_data": {"name": "Notebook"}, **params})


async def _reprice(shop: Desk, id: str, change: str) -> None:
    async with shop.ctx.transaction() as tx:
        await tx.execute(text("UPDATE pay.price SET doc = doc || CAST(:change AS jsonb) WHERE env = :env AND id = :id"),
                         {"env": shop.ctx.env, "id": id, "change": change})


@pytest.mark.parametrize("change", [
    '{"unit_amount_decimal": "1"}', '{"currency": "eur"}', '{"currency_options": {}}',
    '{"currency_options": {"eur": {"unit_amount_decimal": "1"}}}'])
async def test_what_a_price_costs_never_changes(shop: Desk, postgres: Schema, change: str) -> None:
    made = await _price(shop, currency_options={"eur": {"unit_amount": 900}})
    with pytest.raises(Exception, match="immutable: the amount of a price"):
        await _reprice(shop, made["id"], change)
    without(postgres, shop, "DROP TRIGGER fixed ON pay.price")
    await _reprice(shop, made["id"], change)


async def test_a_price_may_get_more_currencies(shop: Desk) -> None:
    made = await _price(shop, currency_options={"eur": {"unit_amount": 900}})
    async with shop.ctx.transaction() as tx:
        await prices.update(shop.ctx, tx, made["id"], {"currency_options": {
            "gbp": {"unit_amount": 800}, "eur": {"unit_amount": 900, "tax_behavior": "exclusive"}}})
    found = (await prices.currency_options(shop.ctx, [made["id"]]))[made["id"]]
    assert {code: one["unit_amount"] for code, one in found.items()} == {"usd": 1000, "eur": 900, "gbp": 800}
    assert found["eur"]["tax_behavior"] == "exclusive"


async def test_a_lookup_key_names_one_price(shop: Desk, postgres: Schema) -> None:
    await _price(shop, lookup_key="standard")
    other = await _price(shop)
    take = text("UPDATE pay.price SET doc = doc || '{\"lookup_key\": \"standard\"}' WHERE env = :env AND id = :id")

    async def take_it() -> None:
        async with shop.ctx.transaction() as tx:
            await tx.execute(take, {"env": shop.ctx.env, "id": other["id"]})

    with pytest.raises(Exception) as refused:  # noqa: PT011 - which one it is, stands below
        await take_it()
    assert constraint(refused.value) == "one_price_per_lookup_key"
    without(postgres, shop, "DROP INDEX pay.one_price_per_lookup_key")
    await take_it()
    found = await prices.find(shop.ctx, {"lookup_keys": ["standard"]})
    assert len(found["data"]) == 2


async def test_a_word_stands_once_among_the_active_codes(shop: Desk, postgres: Schema) -> None:
    one, two = (await coupon(shop))["id"], (await coupon(shop))["id"]
    first = await code(shop, one, code="Hello")
    row = await resources.row(shop.ctx, PROMOTION_CODE, first["id"])
    twin = {**{name: row[name] for name in row if name not in ("id", "env", "created_at", "deleted_at")},
            "code": "hELLO", "promotion": {"type": "coupon", "coupon": two}}

    async def insert() -> None:
        async with shop.ctx.transaction() as tx:
            await resources.create(shop.ctx, tx, PROMOTION_CODE, twin, param="code")

    with pytest.raises(InvalidRequest, match="already exists"):
        await insert()
    without(postgres, shop, "DROP INDEX pay.one_active_promotion_code")
    await insert()


async def test_a_word_that_is_over_makes_way(shop: Desk) -> None:
    of = (await coupon(shop))["id"]
    first = await code(shop, of, code="SPRING", expires_at=int(shop.clock.now().timestamp()) + 100)
    with pytest.raises(InvalidRequest, match="already exists"):
        await code(shop, of, code="spring")
    shop.clock.move(seconds=101)
    second = await code(shop, of, code="spring")
    assert second["active"] is True
    assert [one["id"] for one in (await promotion_codes.find(shop.ctx, {"code": "Spring", "active": True}))["data"]] \
        == [second["id"]]
    assert (await promotion_codes.get(shop.ctx, first["id"]))["active"] is False


async def test_a_price_needs_a_product_of_its_own_merchant(shop: Desk) -> None:
    other = await shop.merchant()
    async with other.ctx.transaction() as tx:
        theirs = await products.create(other.ctx, tx, {"name": "Theirs"})
    with pytest.raises(InvalidRequest) as unknown:
        await _price_of(shop, theirs["id"])
    assert (unknown.value.code, unknown.value.param) == ("resource_missing", "product")
    async with shop.ctx.transaction() as tx:  # the same id may be anybody's own
        await products.create(shop.ctx, tx, {"name": "Ours", "id": theirs["id"]})
    assert (await _price_of(shop, theirs["id"]))["product"] == theirs["id"]
    assert (await products.get(other.ctx, theirs["id"]))["name"] == "Theirs"
    assert (await prices.find(other.ctx, {}))["data"] == []


async def _price_of(shop: Desk, product: str) -> Row:
    async with shop.ctx.transaction() as tx:
        return await prices.create(shop.ctx, tx, {"currency": "usd", "unit_amount": 1, "product": product})


async def test_two_kinds_may_have_the_same_own_id_at_one_moment(shop: Desk) -> None:
    async def thing(id: str) -> None:
        async with shop.ctx.transaction() as tx:
            await products.create(shop.ctx, tx, {"name": "Tea", "id": id})

    for number in range(20):
        id = f"TEA-{number}"
        await asyncio.gather(thing(id), coupon(shop, id=id))
        told = await shop.rows("SELECT type, object_seq FROM pay.event WHERE env = %s AND data::jsonb->>'id' = %s "
                               "ORDER BY type", shop.ctx.env, id)
        assert told == [{"type": "coupon.created", "object_seq": 1}, {"type": "product.created", "object_seq": 1}]


async def test_a_product_that_is_named_like_a_payment_is_counted_apart(shop: Desk) -> None:
    await shop.happen(id="ch_mine")
    async with shop.ctx.transaction() as tx:
        await products.create(shop.ctx, tx, {"name": "Tea", "id": "ch_mine"})
    found = await shop.rows("SELECT type FROM pay.event WHERE env = %s AND object_id = 'ch_mine'", shop.ctx.env)
    assert [row["type"] for row in found] == ["charge.succeeded"]
