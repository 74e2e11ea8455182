"""A request that comes again with its key is answered as it was, and nothing of it happens a second time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from backend.context import Client, Context, Key
from backend.errors import ApiError, CardError, IdempotencyMismatch, InvalidRequest, Locked
from backend.exchanges import engine, resends
from backend.exchanges.subject import Changed
from backend.networks import routing
from backend.payments import challenges, charges, intents
from backend.payments.steps import Step
from backend.refunds import refunds
from backend.requests import answers, idempotency
from backend.requests.answers import Answer
from backend.requests.calls import STAGED, Call
from tests.house import House, house_over
from tests.stack import Schema

Row = dict[str, Any]


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=0.8) as made:
        yield made


def asked(house: House, number: int, key: str = "k", **more: Any) -> Context:
    """The context of the so manieth sending of one request."""
    return replace(house.ctx, key=Key(key, b"1" * 32, key), request_id=f"req_{number}", **more)


async def test_a_refusal_whose_answer_is_kept_does_not_run_its_verb_again(house: House) -> None:
    held, done = await house.pay(capture_method="manual"), 0
    house.vault.control(match=[{"fault": "decline", "kind": "void", "response_code": "12"}])

    async def cancel(ctx: Context, params: Row, intent: str) -> Row:
        nonlocal done
        done += 1
        return await intents.cancel(ctx, intent, params)

    call, path = Call(cancel, STAGED), {"intent": held["id"]}
    with pytest.raises(InvalidRequest, match="could not be canceled") as first:
        await call.answer(asked(house, 1), {}, path)
    assert done == 1
    with pytest.raises(idempotency.Replay) as again:
        await call.answer(asked(house, 2), {}, path)
    assert (again.value.answer.status, again.value.request_id) == (400, "req_1")
    assert orjson.loads(again.value.answer.body)["error"]["message"] == first.value.message
    assert [row["kind"] for row in await house.attempts()] == ["authorize", "void"]


class Crash(Exception):
    """The process ends here."""


async def _die(*_: object, **__: object) -> Row:
    raise Crash


@pytest.mark.parametrize("line", ["cancel", "conclude"])
@pytest.mark.parametrize("settled", [True, False], ids=["settled", "open"])
async def test_a_call_back_whose_process_dies_can_come_again(house: House, monkeypatch: pytest.MonkeyPatch,
                                                             line: str, settled: bool) -> None:
    """Before its bank heard of it, or after: whether the reconciler was there first or not."""
    made = await house.pay(1000, "pm_usBankAccount_processing", payment_method_types=["us_bank_account"],
                           mandate_data={"customer_acceptance": {"type": "offline", "offline": {}}})

    async def cancel(ctx: Context, params: Row, intent: str) -> Row:
        return await intents.cancel(ctx, intent, {"cancellation_reason": "abandoned"})

    call, path = Call(cancel, STAGED), {"intent": made["id"]}
    with monkeypatch.context() as crash:
        crash.setattr(engine, line, _die)
        with pytest.raises(Crash):
            await call.answer(asked(house, 1), {}, path)
    if settled:
        await house.settle()
    else:
        house.superuser("UPDATE pay.attempt SET leased_until = NULL")
    answer = await call.answer(asked(house, 2), {}, path)
    shown = orjson.loads(answer.body)
    assert (shown["status"], shown["cancellation_reason"]) == ("canceled", "abandoned")
    with pytest.raises(idempotency.Replay) as again:
        await call.answer(asked(house, 3), {}, path)
    assert (again.value.answer, again.value.request_id) == (answer, "req_2")
    assert [row["status"] for row in await house.journal() if row["connector"] == "bank"] == ["reversed"]
    assert await house.broken() == set()


# ---- a refund that releases what a charge holds: its first commit has a payment and a refund


async def _held(house: House) -> Row:
    return {"charge": (await charges.create(house.ctx, {"amount": 2000, "currency": "usd", "source": "tok_visa",
                                                        "capture": False}))["id"]}


async def test_a_release_that_waited_and_failed_is_replayed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    held = await _held(house)
    house.vault.control(match=[{"fault": "drop", "kind": "void"}])
    told = await refunds.create(asked(house, 1), held)
    assert told["status"] == "pending"
    monkeypatch.setattr(resends, "SENDS_MAX", 0)
    assert await house.settle() == 1
    with pytest.raises(idempotency.Replay) as again:
        await refunds.create(asked(house, 2), held)
    assert (again.value.answer, again.value.request_id) == (answers.of(told), "req_1")
    with pytest.raises(IdempotencyMismatch):
        await refunds.create(replace(asked(house, 3), key=Key("k", b"2" * 32)), held)
    assert await house.broken() == set()


async def test_a_release_that_was_declined_is_replayed(house: House) -> None:
    held = await _held(house)
    house.vault.control(match=[{"fault": "decline", "kind": "void", "response_code": "12"}])
    with pytest.raises(InvalidRequest) as first:
        await refunds.create(asked(house, 1), held)
    with pytest.raises(idempotency.Replay) as again:
        await refunds.create(asked(house, 2), held)
    assert again.value.answer == answers.of_error(first.value, house.ctx.settings.api_base)


async def test_twins_of_a_release_get_one_answer(house: House) -> None:
    held = await _held(house)
    release = Call(refunds.create, STAGED)  # who reads when it is released already is refused by the verb, and replayed
    told = await asyncio.gather(*(release.answer(asked(house, number), held, {}) for number in range(3)),
                                return_exceptions=True)
    (made,) = [one for one in told if isinstance(one, Answer)]
    assert [one.answer for one in told if isinstance(one, idempotency.Replay)] == [made] * 2
    assert [row["kind"] for row in await house.attempts()] == ["authorize", "void"]


# ---- a shopper's try that asks the issuer first: what it holds and what it counts (declined, under way)


ADDRESS = Client("192.0.2.1", shopper=True)


async def _counted(house: House) -> Row:
    rows = await house.rows("SELECT kind, declined, underway FROM pay.brake "
                            "WHERE env = %s AND kind IN ('card', 'block')")
    return {row["kind"]: (row["declined"], row["underway"]) for row in rows}


async def _confirmed(house: House, number: int, intent: str, params: Row) -> object:
    try:
        return await intents.confirm(asked(house, number, intent, client=ADDRESS), intent, params)
    except (CardError, idempotency.Replay) as told:
        return told


async def test_a_try_that_comes_again_asks_and_counts_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    declined, waits = {"card": (1, 0), "block": (1, 0)}, {"card": (0, 1), "block": (0, 0)}
    done, start = 0, challenges.start

    async def counting(ctx: Context, step: Step) -> challenges.Verdict:
        nonlocal done
        done += 1
        return await start(ctx, step)

    monkeypatch.setattr(challenges, "start", counting)
    for card, more, expected in (("threeDSecureRequiredProcessingError", {}, declined),
                                 ("threeDSecure2Required", {}, waits),
                                 ("authenticationRequired", {"error_on_requires_action": True}, declined)):
        params = {"payment_method": f"pm_card_{card}", **more}
        house.superuser("DELETE FROM pay.brake")
        made, done = await intents.create(house.ctx, {"amount": 1000, "currency": "usd"}), 0
        await _confirmed(house, 1, made["id"], params)
        for number in (2, 3):
            assert isinstance(await _confirmed(house, number, made["id"], params), idempotency.Replay)
        assert (card, await _counted(house), done) == (card, expected, 1)
        house.superuser("DELETE FROM pay.brake")
        made = await intents.create(house.ctx, {"amount": 1000, "currency": "usd"})
        told = await asyncio.gather(*(_confirmed(house, number, made["id"], params) for number in range(3)))
        assert sum(isinstance(one, idempotency.Replay) for one in told) == 2
        assert (card, await _counted(house)) == (card, expected)


async def test_what_was_not_begun_gives_back_what_it_held_and_what_was_does_not(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    params = {"payment_method": "pm_card_threeDSecureRequiredProcessingError"}
    made = await intents.create(house.ctx, {"amount": 1000, "currency": "usd"})

    def unwell(*_: object) -> None:
        raise ApiError("none is well", code=routing.UNAVAILABLE)

    async def changed(*_: object, **__: object) -> None:
        raise Changed

    with monkeypatch.context() as now:
        now.setattr(routing, "pick", unwell)
        with pytest.raises(ApiError):
            await _confirmed(house, 1, made["id"], params)
    assert await _counted(house) == {"card": (0, 0), "block": (0, 0)}
    with monkeypatch.context() as now:
        now.setattr(engine, "finish", changed)
        with pytest.raises(Locked) as sent:
            await _confirmed(house, 2, made["id"], params)
    assert sent.value.sent
    assert await _counted(house) == {"card": (0, 1), "block": (0, 1)}
    assert await house.settle() == 1
    assert await _counted(house) == {"card": (1, 0), "block": (1, 0)}
