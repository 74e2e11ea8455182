"""Bank accounts in setups while something else happens: one of two writes, and a word is kept only with its account."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from backend.customers import mandates, microdeposits
from backend.errors import CardError, InvalidRequest, Locked
from backend.setups import setup_intents
from tests.house import House, Row, house_over
from tests.stack import Schema

WORD = {"mandate_data": {"customer_acceptance": {"type": "offline", "offline": {}}}}
RIGHT, LATE = {"descriptor_code": "SM11AA"}, {"descriptor_code": "SM44DD"}


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres) as made:
        yield made


async def waiting(house: House) -> Row:
    data = {"type": "us_bank_account", "us_bank_account": {"account_number": "000123456789",
                                                           "routing_number": "110000000"}}
    made = await setup_intents.create(house.ctx, {"payment_method_data": data, "confirm": True, **WORD})
    assert made["status"] == "requires_action"
    return made


async def words(house: House) -> list[Row]:
    return [row["doc"] for row in await house.rows("SELECT doc FROM pay.mandate WHERE env = %s")]


def disturbed(monkeypatch: pytest.MonkeyPatch, disturb: Callable[[], Awaitable[Any]]) -> None:
    """Right after the customer's answer was compared, and before it is used, something happens once."""
    verify, seen = microdeposits.verify, list[int]()

    async def first(*args: Any) -> str:
        found = await verify(*args)
        if not seen:
            seen.append(1)
            await disturb()
        return found

    monkeypatch.setattr(microdeposits, "verify", first)


@pytest.mark.parametrize(("second", "status", "agreed"), [
    (RIGHT, "succeeded", 1), (LATE, "requires_payment_method", 0), (None, "canceled", 0)])
@pytest.mark.parametrize("first", [RIGHT, LATE])
async def test_of_two_that_read_the_same_setup_one_writes(house: House, monkeypatch: pytest.MonkeyPatch, first: Row,
                                                          second: Row | None, status: str, agreed: int) -> None:
    made = await waiting(house)

    async def twin() -> None:
        if second is None:
            await setup_intents.cancel(house.ctx, made["id"], {})
        elif second is RIGHT:
            await setup_intents.verify_microdeposits(house.ctx, made["id"], second)
        else:
            with pytest.raises(CardError):
                await setup_intents.verify_microdeposits(house.ctx, made["id"], second)

    disturbed(monkeypatch, twin)
    with pytest.raises(Locked):
        await setup_intents.verify_microdeposits(house.ctx, made["id"], first)
    now = await setup_intents.get(house.ctx, made["id"])
    assert (now["status"], len(await words(house))) == (status, agreed)
    tries = (await setup_intents.attempts(house.ctx, {"setup_intent": made["id"], "limit": 10}))["data"]
    assert len(tries) == 1
    events = await house.events(made["id"])
    assert len(events) == 3, events
    assert await house.broken() == set()


async def test_an_account_that_was_proven_elsewhere_meanwhile_needs_no_deposits(house: House) -> None:
    made = await waiting(house)
    other = await setup_intents.create(house.ctx, {"payment_method": made["payment_method"], "confirm": True, **WORD})
    assert other["status"] == "requires_action"
    await setup_intents.verify_microdeposits(house.ctx, made["id"], RIGHT)
    done = await setup_intents.confirm(house.ctx, other["id"], {})
    assert (done["status"], len(await words(house))) == ("succeeded", 2)
    tries = (await setup_intents.attempts(house.ctx, {"setup_intent": other["id"], "limit": 10}))["data"]
    assert [one["status"] for one in tries] == ["succeeded", "abandoned"]


async def test_a_word_is_not_kept_when_its_account_cannot_be(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mandate is written in the transaction that keeps the account, so what undoes the one undoes the other."""
    made = await waiting(house)
    agree = mandates.agree

    async def stumble(*args: Any) -> str:
        await agree(*args)
        raise InvalidRequest("The house fell.", param="payment_method")

    monkeypatch.setattr(mandates, "agree", stumble)
    with pytest.raises(InvalidRequest, match="The house fell"):
        await setup_intents.verify_microdeposits(house.ctx, made["id"], RIGHT)
    assert await words(house) == []
    monkeypatch.setattr(mandates, "agree", agree)
    done = await setup_intents.verify_microdeposits(house.ctx, made["id"], RIGHT)
    assert (done["status"], [one["payment_method"] for one in await words(house)]) == (
        "succeeded", [made["payment_method"]])
