"""What no machine can settle waits for a person, who is told why; nothing of it is asked or guessed for ever."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from backend.context import Key
from backend.errors import InvalidRequest
from backend.exchanges import attempts, engine, enquiries
from backend.exchanges.rows import Attempt
from backend.payments import intents
from backend.reconciliation import attempts as reconciler
from backend.reconciliation import persons, undoings
from backend.refunds import refunds
from tests.house import House, house_over
from tests.stack import Schema


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=1.5) as made:
        yield made


async def _named(house: House, monkeypatch: pytest.MonkeyPatch) -> str:
    """From now on the acquirer names every message as it named the first payment; returns that reference."""
    await house.pay()
    told = str((await house.attempts())[0]["acquirer_ref"])
    send, ask = engine.send, enquiries.ask

    async def sent(*args: Any, **more: Any) -> dict[str, Any]:
        answer = await send(*args, **more)
        return answer | {"acquirer_ref": told} if answer.get("acquirer_ref") else answer

    async def asked(*args: Any) -> dict[str, Any]:
        return await ask(*args) | {"acquirer_ref": told}

    monkeypatch.setattr(engine, "send", sent)
    monkeypatch.setattr(enquiries, "ask", asked)
    return told


async def _left(house: House) -> list[dict[str, Any]]:
    """What waits for a person, by its amount."""
    waiting = [row for row in await house.attempts() if row["status"] == "manual"]
    return sorted(waiting, key=lambda row: row["amount"])


async def test_a_reference_that_comes_again_is_for_a_person(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sender learns of it itself, or the reconciler does: either way the payment is `processing`."""
    told = await _named(house, monkeypatch)
    house.ctx = replace(house.ctx, key=Key("once", b"1" * 32), request_id="req_1")
    assert (await house.pay(1100))["status"] == "processing"
    house.ctx = house.ctx.without_key()
    house.vault.control(match=[{"fault": "approve_silent", "kind": "sale"}])
    late = await house.pay(1200)
    assert await house.settle() == 0
    left = await _left(house)
    why = f"the acquirer names it {told}, as it named another"
    assert [(row["amount"], row["note"], row["check_no"]) for row in left] == [(1100, why, 0), (1200, why, 1)]
    assert (await intents.get(house.ctx, late["id"]))["status"] == "processing"
    answered = await house.rows("SELECT response_body FROM pay.idempotency WHERE env = %s")
    assert b'"status":"processing"' in bytes(answered[0]["response_body"])
    assert (await house.events(late["id"])).count("payment_intent.processing") == 1
    assert await house.settle() == 0  # nobody asks again and again
    assert await _left(house) == left


async def test_so_is_that_of_a_refund(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await _named(house, monkeypatch)
    payment = (await house.attempts())[0]["payment_id"]
    made = await refunds.create(house.ctx, {"payment_intent": payment, "amount": 300})
    assert (made["status"], [row["refund_id"] for row in await _left(house)]) == ("pending", [made["id"]])


async def _waiting(house: House, fault: str = "approve_silent", **more: Any) -> Attempt:
    """A payment without an answer that waits for a person, whatever led there."""
    house.ctx = replace(house.ctx, actor="cli:ann")
    house.vault.control(match=[{"fault": fault, "kind": "sale"}])
    assert (await house.pay(**more))["status"] == "processing"
    house.vault.control(reset=True)
    [open_one] = [Attempt.read(row) for row in await house.attempts() if row["status"] == "unknown"]
    await attempts.put_off(house.ctx, open_one, "manual", 900, "asked: no_answer")
    [found] = await persons.find(house.vault.urls.auditor)
    assert await persons.get(house.vault.urls.auditor, found.id) == found
    house.clock.move(seconds=3600)
    return found


async def _intent(house: House, attempt: Attempt) -> str:
    return str((await intents.get(house.ctx, attempt.of_payment))["status"])


async def test_what_waits_is_asked_about_again(house: House) -> None:
    taken = await _waiting(house)
    [row] = await persons.shown(house.ctx.runtime, [taken])
    assert (row["connector"], row["about"], row["amount"], row["our_reference"], row["why"]) == (
        "alder", taken.payment_id, 1000, taken.network_key, "asked: no_answer")
    assert (await persons.ask(house.ctx, taken)).status == "approved"
    lost = await _waiting(house, "drop")
    assert (await persons.ask(house.ctx, lost)).status == "failed"  # canceled, and the acquirer says so
    assert [await _intent(house, one) for one in (taken, lost)] == ["succeeded", "requires_payment_method"]
    assert await persons.find(house.vault.urls.auditor) == []
    assert await house.broken() == set()
    with pytest.raises(InvalidRequest, match="waits for nobody: it is approved"):
        await persons.ask(house.ctx, taken)


async def test_what_still_gets_no_answer_waits_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enquiries, "DEADLINE_SECONDS", 0.3)
    one = await _waiting(house)
    house.vault.control(kinds=["inquiry"], faults={"drop": 1.0})
    house.superuser("UPDATE pay.attempt SET check_no = 80, sent_at = sent_at - interval '1 day'")
    assert (await persons.ask(house.ctx, one)).status == "manual"
    with monkeypatch.context() as death:
        death.setattr(reconciler, "settle", _die)
        with pytest.raises(ZeroDivisionError):
            await persons.ask(house.ctx, one)
    house.vault.control(reset=True)
    assert await house.settle() == 1  # who died while asking left it to the reconciler
    assert await _intent(house, one) == "succeeded"


async def _die(*_: object) -> None:
    raise ZeroDivisionError


async def test_an_approval_by_other_means(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enquiries, "DEADLINE_SECONDS", 0.3)
    one = await _waiting(house)
    [reference] = [row["acquirer_ref"] for row in await house.sales()]
    house.vault.control(kinds=["inquiry"], faults={"drop": 1.0})
    for reason in (" ", "x" * 501, "the card 4242 4242 4242 4242"):
        with pytest.raises(InvalidRequest, match="no card number"):
            await persons.approved(house.ctx, one, reference, reason)
    settled = await persons.approved(house.ctx, one, reference, "Ms Bell of Alder, by telephone, 30 November")
    assert (settled.status, settled.acquirer_ref, settled.actor) == ("approved", reference, "cli:ann")
    assert await _intent(house, one) == "succeeded"
    house.vault.control(reset=True)
    assert await house.broken() == set()
    trail = await house.rows("SELECT actor, body FROM pay.audit WHERE env = %s AND tbl = 'verdict'")
    assert [(row["actor"], row["body"]["said"], row["body"]["reason"]) for row in trail] == [
        ("cli:ann", "approved", "Ms Bell of Alder, by telephone, 30 November")]
    assert (await persons.told(house.ctx, settled))["said"] == ["approved: Ms Bell of Alder, by telephone, 30 November"]


async def test_an_approval_that_the_acquirer_denies_settles_nothing(house: House) -> None:
    one = await _waiting(house, "drop")
    assert await engine.cancel(house.ctx, one)
    with pytest.raises(InvalidRequest, match="something else"):
        await persons.approved(house.ctx, one, "AL1", "said so")
    [still] = await _left(house)
    assert still["note"] == "asked: tombstone, though a person said that it was approved"
    assert await house.rows("SELECT said FROM pay.verdict WHERE env = %s") == []
    house.superuser("UPDATE pay.attempt SET cancel_sent_at = now()")
    for ago, told in (("0 h", "may yet undo it"), ("30 h", "something else")):
        house.superuser(f"UPDATE pay.attempt SET cancel_sent_at = now() - interval '{ago}'")
        with pytest.raises(InvalidRequest, match=told):
            await persons.approved(house.ctx, (await persons.find(house.vault.urls.auditor))[0], "AL1", "said so")


async def test_a_reference_of_another_message_is_no_proof(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enquiries, "DEADLINE_SECONDS", 0.3)
    await house.pay()
    reference = (await house.attempts())[0]["acquirer_ref"]
    one = await _waiting(house)
    house.vault.control(kinds=["inquiry"], faults={"drop": 1.0})
    with pytest.raises(InvalidRequest, match="that reference to another message"):
        await persons.approved(house.ctx, one, reference, "said so")
    assert [row["id"] for row in await _left(house)] == [one.id]


@pytest.mark.parametrize("said", [True, False], ids=["in-writing", "without"])
async def test_what_is_not_done_needs_the_acquirers_word(
        house: House, said: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enquiries, "DEADLINE_SECONDS", 0.3)
    monkeypatch.setattr(engine, "CANCEL_SECONDS", 0.3)
    one = await _waiting(house, "drop")
    house.vault.control(kinds=["inquiry", "cancel"], faults={"drop": 1.0})
    if said:
        assert (await persons.not_done(house.ctx, one, "letter of 30 November, in the safe")).status == "failed"
        assert await _intent(house, one) == "requires_payment_method"
        assert len(await house.rows("SELECT said FROM pay.verdict WHERE env = %s")) == 1
        return
    with pytest.raises(InvalidRequest, match=r"does not say that it is canceled \(no_answer\)"):
        await persons.not_done(house.ctx, one, None)
    assert await _intent(house, one) == "processing"
    house.vault.control(reset=True)
    assert (await persons.not_done(house.ctx, one, None)).status == "failed"  # the tombstone stands now
    assert await house.rows("SELECT said FROM pay.verdict WHERE env = %s") == []
    assert await house.broken() == set()


async def test_what_was_done_and_can_be_canceled_is_given_back(house: House) -> None:
    one = await _waiting(house)
    assert (await persons.not_done(house.ctx, one, "not asked for")).status == "reversed"
    assert await _intent(house, one) == "requires_payment_method"
    assert await house.sales() == []
    assert await house.broken() == set()


async def _approved_too_late(house: House, monkeypatch: pytest.MonkeyPatch) -> Attempt:
    """A payment that its acquirer called canceled, for which its approval came all the same; and now it is silent."""
    monkeypatch.setattr(engine, "CANCEL_SECONDS", 0.3)
    house.vault.control(late_ms=1000, match=[{"fault": "approve_late", "kind": "sale"}])
    paying = asyncio.create_task(house.pay())
    while not await house.sales():
        await asyncio.sleep(0.02)
    with monkeypatch.context() as lie:
        lie.setattr(enquiries, "ask", _canceled)
        assert await house.settle() == 1
    house.vault.control(reset=True, kinds=["cancel"], faults={"drop": 1.0})
    assert (await paying)["status"] == "requires_payment_method"
    [attempt] = await house.attempts()
    assert attempt["status"] == "failed"
    return Attempt.read(attempt)


async def _canceled(*_: object) -> dict[str, Any]:
    return {"found": "tombstone"}


async def _undo(house: House) -> int:
    """One round over what is to be undone, long after the last."""
    house.clock.move(seconds=3600)
    return await undoings.undo_due(house.ctx.runtime, house.ctx.env, 20)


async def test_an_approval_after_a_tombstone_is_undone_until_the_acquirer_says_so(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = await _approved_too_late(house, monkeypatch)
    for _ in range(7):
        assert await _undo(house) == 1  # the acquirer does not answer, and still has the money
        assert len(await house.sales()) == 1
    assert "P8" in await house.broken()
    assert [(one.id, one.note) for one in await persons.find(house.vault.urls.auditor)] == [
        (attempt.id, persons.UNDOING)]
    with monkeypatch.context() as death:
        death.setattr(enquiries, "ask", _die)
        assert await _undo(house) == 1  # who dies in the midst of it leaves it to the next
    assert await _undo(house) == 0
    house.superuser("UPDATE pay.due SET leased_until = now() WHERE kind = 'undoing'")
    house.vault.control(reset=True)
    assert await _undo(house) == 1
    assert (await house.sales(), await _undo(house), await persons.find(house.vault.urls.auditor)) == ([], 0, [])
    assert await house.broken() == set()
    said = await house.rows("SELECT said, reason FROM pay.verdict WHERE env = %s ORDER BY at")
    assert [(row["said"], row["reason"]) for row in said] == [
        ("to_undo", "approved after it was settled as not done"), ("undone", "asked: reversed")]


async def test_a_person_asks_about_it_or_says_that_it_is_undone(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = await _approved_too_late(house, monkeypatch)
    assert await persons.ask(house.ctx, attempt) == attempt
    assert (await persons.told(house.ctx, attempt))["to_be_undone"]
    await persons.undone(house.ctx, attempt, "given back by Alder, ticket 812")
    told = await persons.told(house.ctx, attempt)
    assert (told["to_be_undone"], told["said"]) == (
        False, ["to_undo: approved after it was settled as not done", "undone: given back by Alder, ticket 812"])
    assert await _undo(house) == 0
    with pytest.raises(InvalidRequest, match="not to be undone: it is failed"):
        await persons.undone(house.ctx, attempt, "again")
