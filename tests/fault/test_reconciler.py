"""Unknown is settled by asking, never by guessing: silent, dropped and late messages, and cancels that come late.

The vault and the sandbox network are real processes; the reconciler runs in this one, so that time can be arranged.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from backend.context import Key
from backend.exchanges import engine, enquiries
from backend.payments import intents
from backend.requests import idempotency
from tests import books
from tests.fault.experiments.unknown import LATE, SILENT, TRUTH, silence
from tests.house import House, house_over
from tests.stack import Schema

EACH = 15


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=1.5) as made:
        yield made


async def test_the_truth_is_found_by_asking(house: House) -> None:
    found = await silence(house, dict.fromkeys(TRUTH, EACH))
    print(f"\n{4 * EACH} payments without an answer: {found}")
    assert found["settled"] == 4 * EACH
    assert (found["answered_at_once"], found["wrong_final_states"], found["invariants_violated"]) == (0, 0, 0), found
    assert (found["late_arrivals_refused"], found["late_arrivals_accepted"]) == (EACH, 0)


async def test_mutation_without_tombstones_a_late_arrival_is_a_charge_that_the_books_check_sees(house: House) -> None:
    house.vault.control(late_ms=3000, keep_tombstones=False, match=[{"fault": "deliver_late", "amount": LATE}])
    await house.pay(LATE)
    await house.settle()
    assert [row["status"] for row in await house.attempts()] == ["unknown"]  # not found twice: we do not guess
    await asyncio.sleep(3)
    assert {"L11"} <= await house.broken()
    await house.settle()  # it was cancelled once, so the approval found now cannot be believed; it is undone
    assert [row["status"] for row in await house.attempts()] == ["reversed"]
    assert await house.broken() == set()


@pytest.mark.parametrize("guard", [True, False], ids=["guarded", "mutation"])
async def test_an_approval_found_after_a_lost_cancel_is_undone(
        house: House, guard: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "CANCEL_SECONDS", 1.0)
    house.vault.control(late_ms=3500, match=[{"fault": "deliver_late", "kind": "sale", "once": True}])
    intent = await house.pay()
    house.vault.control(reset=True, late_ms=4500, match=[{"fault": "deliver_late", "kind": "cancel", "once": True}])
    assert await house.settle() == 0  # not found; our cancel is on its way for long and gets no answer
    if not guard:
        with psycopg.connect(books.superuser(house.server, house.vault.urls), autocommit=True) as link:
            link.execute("UPDATE pay.attempt SET cancel_sent_at = NULL")
    while not any(row["status"] == "approved" for row in await house.journal()):
        await asyncio.sleep(0.1)
    assert await house.settle() == 1
    await asyncio.sleep(4)  # now the first cancel arrives
    says = (await intents.get(house.ctx, intent["id"]))["status"]
    truth = [row["status"] for row in await house.journal() if row["kind"] == "sale"]
    if guard:
        assert (says, truth) == ("requires_payment_method", ["reversed"])
        assert await house.broken() == set()
    else:
        assert (says, truth) == ("succeeded", ["reversed"])
        assert {"P8", "L11"} <= await house.broken()


async def test_a_capture_without_an_answer_is_settled_by_asking(house: House) -> None:
    taken = await house.pay(SILENT, capture_method="manual")
    house.vault.control(match=[{"fault": "approve_silent", "kind": "capture"}])
    assert (await intents.capture(house.ctx, taken["id"], {}))["status"] == "processing"
    await house.settle()
    assert (await intents.get(house.ctx, taken["id"]))["status"] == "succeeded"
    assert await house.broken() == set()


async def test_a_void_without_an_answer_is_settled_by_asking(house: House) -> None:
    gone = await house.pay(SILENT, capture_method="manual")
    house.vault.control(match=[{"fault": "approve_silent", "kind": "void"}])
    assert (await intents.cancel(house.ctx, gone["id"], {}))["status"] == "processing"
    await house.settle()
    assert (await intents.get(house.ctx, gone["id"]))["status"] == "canceled"
    assert await house.broken() == set()


async def test_who_comes_second_tells_what_the_first_wrote(house: House) -> None:
    """The reconciler settles while the sender still waits: the sender's request gets the stored answer."""
    key = Key("late", b"1" * 32)
    house.ctx = replace(house.ctx, key=key, request_id="req_1")
    house.vault.control(late_ms=1000, match=[{"fault": "approve_late", "kind": "sale"}])
    paying = asyncio.create_task(house.pay())
    while not any(row["status"] == "approved" for row in await house.journal()):
        await asyncio.sleep(0.02)
    assert await house.settle() == 1
    with pytest.raises(idempotency.Replay) as told:
        await paying
    row = (await house.ctx.db.rows(house.ctx.env, "SELECT response_body FROM pay.idempotency WHERE env = %s",
                                   (house.ctx.env,)))[0]
    assert told.value.answer.status == 200
    assert told.value.answer.body == bytes(row["response_body"])
    assert b'"status":"succeeded"' in told.value.answer.body
    assert await house.broken() == set()


async def test_a_payment_that_is_changed_while_it_is_under_way_is_finished_all_the_same(house: House) -> None:
    intent = await house.pay(confirm=False)
    house.vault.control(late_ms=800, match=[{"fault": "approve_late", "kind": "sale"}])
    paying = asyncio.create_task(intents.confirm(house.ctx, intent["id"], {"payment_method": "pm_card_visa"}))
    while (await intents.get(house.ctx, intent["id"]))["status"] != "processing":
        await asyncio.sleep(0.01)
    await intents.update(house.ctx, intent["id"], {"metadata": {"colour": "blue"}})
    paid = await paying
    assert (paid["status"], paid["metadata"]) == ("succeeded", {"colour": "blue"})
    assert await house.broken() == set()


async def test_the_key_of_a_request_that_died_is_answered_before_the_outcome_is_known(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    key = Key("died", b"1" * 32)
    house.ctx = replace(house.ctx, key=key, request_id="req_1")
    with monkeypatch.context() as crash:
        crash.setattr(engine, "send", _die)
        with pytest.raises(Crash):
            await house.pay()
    house.vault.control(kinds=["inquiry"], faults={"drop": 1.0})  # nobody can be asked either
    monkeypatch.setattr(enquiries, "DEADLINE_SECONDS", 0.5)
    assert await house.settle() == 0
    with pytest.raises(idempotency.Replay) as told:
        await house.pay()
    assert b'"status":"processing"' in told.value.answer.body
    house.vault.control(reset=True)
    assert await house.settle() == 1  # it never left: tombstoned, not charged
    assert [row["status"] for row in await house.attempts()] == ["failed"]
    with pytest.raises(idempotency.Replay) as again:
        await house.pay()
    assert again.value.answer == told.value.answer
    assert await house.broken() == set()


class Crash(Exception):
    """The process ends here."""


async def _die(*_: object, **__: object) -> dict[str, Any]:
    raise Crash


async def test_the_answer_kept_for_a_publishable_key_is_as_narrow_as_the_first(house: House) -> None:
    intent = await house.pay(confirm=False)
    house.ctx = replace(house.ctx, key=Key("pk", b"1" * 32), request_id="req_1", publishable=True)
    house.vault.control(match=[{"fault": "drop", "kind": "sale"}])
    card = {"payment_method": "pm_card_visa", "client_secret": intent["client_secret"]}
    first = await intents.confirm(house.ctx, intent["id"], card)
    row = (await house.ctx.db.rows(house.ctx.env, "SELECT response_body FROM pay.idempotency WHERE env = %s",
                                   (house.ctx.env,)))[0]
    assert b"metadata" not in bytes(row["response_body"])
    assert "metadata" not in first


async def test_another_amount_under_our_reference_is_for_a_person(house: House) -> None:
    house.vault.control(match=[{"fault": "approve_silent", "kind": "sale"}])
    intent = await house.pay()
    with psycopg.connect(books.superuser(house.server, house.vault.urls), autocommit=True) as link:
        link.execute("UPDATE pay.attempt SET amount = 999")
    assert await house.settle() == 0
    assert [row["status"] for row in await house.attempts()] == ["manual"]
    assert (await intents.get(house.ctx, intent["id"]))["status"] == "processing"
