"""Reads of one moment share a round trip, and each caller hears the answer to its own question and to no other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from backend.cards import tokens
from backend.cards.cvcs import Cvcs
from backend.cards.inputs import check
from backend.cards.keys import DataKeys, FileKeyProvider
from backend.clock import SystemClock
from backend.db import Database
from backend.errors import NotFound
from backend.payments import steps
from tests.house import House, house_over
from tests.stack import Schema
from tests.vaults import ACCOUNT, seed

NUMBERS = ("4242424242424242", "5555555555554444", "378282246310005")
MANY = 30


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres) as made:
        yield made


@asynccontextmanager
async def counted(db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """The statements that really go to the server."""
    sent: list[str] = []
    call = db.call

    async def watched(env: int, query: str, *args: Any, **more: Any) -> Any:
        sent.append(query)
        return await call(env, query, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(db, "call", watched)
        yield sent


async def test_many_readers_of_payments_hear_each_of_their_own(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    paid = [await house.pay(1000 + number) for number in range(5)]
    asked = [paid[number % 5]["id"] for number in range(MANY)]
    async with counted(house.ctx.db, monkeypatch) as sent:
        found = await asyncio.gather(*(steps.read(house.ctx, id) for id in (*asked, "pi_unknown")))
    assert [step.payment.id for step in found[:-1] if step] == asked
    assert all(step and step.charge and step.charge.payment_id == step.payment.id for step in found[:-1])
    assert found[-1] is None
    assert len(sent) <= 3, "31 questions of one moment are at most three statements"


async def test_a_question_sees_what_was_committed_before_it_was_asked(house: House) -> None:
    async def pay_and_read(amount: int) -> bool:
        id = (await house.pay(amount))["id"]
        step = await steps.read(house.ctx, id)
        return step is not None and step.payment.status == "succeeded"

    assert all(await asyncio.gather(*(pay_and_read(1000 + number) for number in range(MANY))))


async def test_a_question_that_cannot_be_asked_spoils_no_other(house: House) -> None:
    good, bad = (await house.pay())["id"], "pi_\x00"  # which no jsonb can hold
    found = await asyncio.gather(*(steps.read(house.ctx, id) for id in (good, bad, good)), return_exceptions=True)
    assert [isinstance(one, steps.Step) for one in found] == [True, False, True]
    assert isinstance(found[1], Exception)


async def test_cards_asked_for_together_open_for_whom_they_belong(
        postgres: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    urls, clock = postgres.fresh(), SystemClock()
    mine, theirs = seed(urls), seed(urls, "acct_other", keys=False)
    db = Database(urls.vault, pool_size=4)
    await db.open()
    try:
        safe = tokens.Safe(db, DataKeys(db, FileKeyProvider(b"k" * 32), clock), Cvcs(), clock, b"f" * 32)
        kept = []
        for number in NUMBERS:
            typed = check(number, 12, clock.now().year + 5, None, clock.now().date())
            shown = await tokens.keep(safe, mine, ACCOUNT, typed, "not_enrolled", tokens.Extras())
            kept.append(shown["token"])
        async with counted(db, monkeypatch) as sent:
            found = await asyncio.gather(*(tokens.use(safe, env, token, "test") for env in (mine, theirs)
                                           for token in kept), return_exceptions=True)
        assert [one.number for one in found[:3] if isinstance(one, tokens.Opened)] == list(NUMBERS)
        assert all(isinstance(one, NotFound) for one in found[3:])
        assert sum("cards_open" in query for query in sent) == 2, "one statement for each environment"
    finally:
        await db.close()
