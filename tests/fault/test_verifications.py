"""Account verifications without an answer: on disk before they leave, asked about like any message, not asked twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from backend.context import Context, Key
from backend.customers import payment_methods, verifications
from backend.errors import ApiError, CardError, Locked
from backend.exchanges import engine
from backend.setups import setup_intents
from tests.house import House, Row, house_over
from tests.stack import Schema

SILENT = {"fault": "approve_silent", "kind": "authorize", "once": True}
LOST = {"fault": "drop", "kind": "authorize", "once": True}


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=1.0) as made:
        yield made


class Crash(Exception):
    """The process ends here."""


async def _die(*_: object, **__: object) -> Row:
    raise Crash


def _by(house: House, key: str) -> Context:
    return replace(house.ctx, key=Key(key, b"1" * 32), request_id="req_1")


async def _ends(house: House) -> list[tuple[str, str, int]]:
    return [(row["kind"], row["status"], row["number"]) for row in await house.attempts()]


async def _asked(house: House) -> int:
    """How often an issuer was asked, as the acquirers have it."""
    return sum(row["kind"] == "verify" for row in await house.journal())


async def test_a_verification_is_a_message_without_money(house: House) -> None:
    card = await payment_methods.load(house.ctx, "pm_card_visa")
    assert (await verifications.verify(house.ctx, card))["cvc_check"] == "pass"
    [row] = await house.attempts()
    assert (row["kind"], row["status"], row["amount"], row["payment_id"], row["payment_method_id"]) == (
        "verify", "approved", 0, None, card["id"])
    assert (row["answer"]["cvc_check"], bool(row["acquirer_ref"])) == ("pass", True)
    assert [(one["kind"], one["amount"], one["status"]) for one in await house.journal()] == [
        ("verify", 0, "approved")]
    assert await house.broken() == set()
    assert await house.rows("SELECT 1 FROM pay.transfer WHERE env = %s") == []


async def test_a_death_before_it_leaves_leaves_something_to_ask_about(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    card = await payment_methods.load(house.ctx, "pm_card_visa")
    with monkeypatch.context() as crash:
        crash.setattr(engine, "send", _die)
        with pytest.raises(Crash):
            await verifications.verify(house.ctx, card)
    assert await _ends(house) == [("verify", "sent", 1)]
    assert await house.settle() == 1
    assert await _ends(house) == [("verify", "failed", 1)]
    assert await _asked(house) == 0
    assert await payment_methods.keepable(house.ctx, card["id"]) == card["id"]
    assert await _ends(house) == [("verify", "failed", 1), ("verify", "approved", 2)]
    assert await house.broken() == set()


@pytest.mark.parametrize(("fault", "end"), [(SILENT, "approved"), (LOST, "failed")], ids=["silent", "lost"])
async def test_silence_is_settled_by_asking(house: House, fault: Row, end: str) -> None:
    card = await payment_methods.load(house.ctx, "pm_card_visa")
    house.vault.control(match=[fault])
    with pytest.raises(ApiError, match="The card was not saved"):
        await verifications.verify(house.ctx, card)
    assert await _ends(house) == [("verify", "unknown", 1)]
    assert await house.settle() == 1
    assert await _ends(house) == [("verify", end, 1)]
    assert await house.broken() == set()


async def test_a_request_that_comes_again_does_not_ask_while_its_question_is_open(house: House) -> None:
    card = await payment_methods.load(house.ctx, "pm_card_visa")
    house.vault.control(match=[SILENT])
    with pytest.raises(ApiError):
        await verifications.verify(_by(house, "one"), card)
    for _ in range(2):
        with pytest.raises(Locked):
            await verifications.verify(_by(house, "one"), card)
    assert await _asked(house) == 1
    assert await verifications.verify(_by(house, "other"), card)  # another request asks for itself
    assert await _asked(house) == 2
    assert await house.settle() == 1
    assert await verifications.verify(_by(house, "one"), card)
    assert await _asked(house) == 2, "what the issuer said is known by now"
    assert await _ends(house) == [("verify", "approved", 1), ("verify", "approved", 2)]


async def test_a_refusal_is_told_again_without_asking_again(house: House) -> None:
    card = await payment_methods.load(house.ctx, "pm_card_visa_chargeDeclined")
    said = []
    for _ in range(2):
        with pytest.raises(CardError) as refused:
            await verifications.verify(_by(house, "one"), card)
        said.append((refused.value.code, refused.value.message, refused.value.param, refused.value.extra))
    assert said[0] == said[1]
    assert (said[0][0], said[0][3]["decline_code"], said[0][3]["network_decline_code"]) == (
        "card_declined", "generic_decline", "05")
    assert await _asked(house) == 1
    assert await house.broken() == set()


async def test_a_refusal_that_was_not_heard_is_learned_by_asking(house: House) -> None:
    card = await payment_methods.load(house.ctx, "pm_card_visa_chargeDeclined")
    house.vault.control(match=[SILENT])
    with pytest.raises(ApiError):
        await verifications.verify(_by(house, "one"), card)
    assert await house.settle() == 1
    with pytest.raises(CardError) as refused:
        await verifications.verify(_by(house, "one"), card)
    assert refused.value.extra["decline_code"] == "generic_decline"
    assert await _asked(house) == 1


@pytest.mark.parametrize("wall", [True, False], ids=["guarded", "mutation"])
async def test_of_twins_at_one_moment_one_asks(house: House, wall: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    card = await payment_methods.load(house.ctx, "pm_card_visa")
    if not wall:
        house.superuser("ALTER TABLE pay.attempt DROP CONSTRAINT attempt_env_network_key_key")
    looked, look = 0, verifications.attempts.verification

    async def together(*args: Any) -> Any:
        """All have looked before one writes."""
        nonlocal looked
        found = await look(*args)
        looked += 1
        while looked < 8:
            await asyncio.sleep(0.001)
        return found

    monkeypatch.setattr(verifications.attempts, "verification", together)
    told = await asyncio.gather(*(verifications.verify(_by(house, "one"), card) for _ in range(8)),
                                return_exceptions=True)
    kinds = Counter(type(one) for one in told)
    assert set(kinds) <= {dict, Locked} or not wall
    assert (len(await house.attempts()), kinds[dict] >= 1) == ((1, True) if wall else (8, True))


async def test_a_setup_whose_issuer_did_not_answer_can_be_confirmed_anew(house: House) -> None:

    house.vault.control(match=[SILENT])
    made = await setup_intents.create(house.ctx, {"payment_method": "pm_card_visa"})
    with pytest.raises(ApiError):
        await setup_intents.confirm(house.ctx, made["id"], {})
    assert (await setup_intents.confirm(house.ctx, made["id"], {}))["status"] == "succeeded"
    assert await house.settle() == 1
    assert await house.broken() == set()


@pytest.mark.parametrize(("name", "settled", "told"), [
    ("pm_card_visa", True, None), ("pm_card_visa_chargeDeclined", True, CardError), ("pm_card_visa", False, ApiError)],
    ids=["approved", "declined", "in hand"])
async def test_who_is_overtaken_by_the_reconciler_tells_the_issuers_word(
        house: House, monkeypatch: pytest.MonkeyPatch, name: str, settled: bool, told: type[Exception] | None) -> None:
    card, send = await payment_methods.load(house.ctx, name), engine.send

    async def slow(*args: Any, **more: Any) -> Row:
        answer = await send(*args, **more)
        if settled:
            assert await house.settle() == 1
        else:
            house.superuser("UPDATE pay.attempt SET check_no = 1, leased_until = now() + interval '45 seconds'")
        return answer

    monkeypatch.setattr(engine, "send", slow)
    if told is None:
        assert await payment_methods.keepable(house.ctx, card["id"]) == card["id"]
    else:
        with pytest.raises(told):
            await payment_methods.keepable(house.ctx, card["id"])
    assert await house.broken() == set()
