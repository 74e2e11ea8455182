"""Refunds without an answer, decided later, or come back: settled by our own enquiry, and the books agree."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from backend.context import Key
from backend.errors import ApiError, InvalidRequest
from backend.exchanges import engine
from backend.payments import charges, intents
from backend.reconciliation import refunds as watch
from backend.refunds import refunds
from backend.refunds import steps as refund_steps
from backend.requests import idempotency
from backend.requests.calls import STAGED, Call
from tests import books
from tests.house import House, house_over
from tests.stack import Schema

SILENT, DROPPED, LATE, LATE_ANSWER = 101, 102, 103, 104
EACH = 6


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=1.5) as made:
        yield made


def _link(house: House) -> psycopg.Connection[Any]:
    return psycopg.connect(books.superuser(house.server, house.vault.urls), autocommit=True)


async def _refund(house: House, intent: dict[str, Any], **more: Any) -> dict[str, Any]:
    return await refunds.create(house.ctx, {"payment_intent": intent["id"], **more})


async def _look(house: House) -> int:
    """One round over the refunds that are watched or wait, as though they were due."""
    with _link(house) as link:
        link.execute("UPDATE pay.refund SET next_check_at = now(), leased_until = NULL WHERE next_check_at IS NOT NULL")
    return await watch.settle_due(house.ctx.runtime, house.ctx.env, 500)


async def _events(house: House, id: str) -> list[str]:
    return [row["type"] for row in await house.ctx.db.rows(
        house.ctx.env, "SELECT type FROM pay.event WHERE env = %s AND object_id = %s ORDER BY object_seq",
        (house.ctx.env, id))]


async def _balance(house: House) -> dict[str, int]:
    rows = await house.ctx.db.rows(
        house.ctx.env, "SELECT kind, sum(credits - debits)::int AS net, sum(pending_debits)::int AS held "
                       "FROM pay.account WHERE env = %s GROUP BY kind", (house.ctx.env,))
    return {row["kind"]: row["net"] - row["held"] for row in rows if row["net"] or row["held"]}


async def _agreed(house: House) -> None:
    """No invariant is broken, and journal and ledger agree to the cent."""
    assert await house.broken() == set()
    theirs = books.charged(await house.journal())["usd"]
    assert -(await _balance(house)).get("acquirer_clearing", 0) == theirs


async def test_unknown_outcomes_of_refunds_are_settled_by_asking(house: House) -> None:
    paid = [await house.pay() for _ in range(3 * EACH)]
    house.vault.control(late_ms=3000, match=[
        {"fault": "approve_silent", "kind": "refund", "amount": SILENT},
        {"fault": "drop", "kind": "refund", "amount": DROPPED},
        {"fault": "deliver_late", "kind": "refund", "amount": LATE}])
    amounts = [SILENT, DROPPED, LATE] * EACH
    made = await asyncio.gather(*(_refund(house, intent, amount=amount)
                                  for intent, amount in zip(paid, amounts, strict=True)))
    assert Counter((one["status"], one["pending_reason"]) for one in made) == {("pending", "processing"): 3 * EACH}
    house.vault.control(match=[])
    assert await house.settle() == 3 * EACH  # the lost ones are sent again, and so are those that are only late
    await asyncio.sleep(3)  # the late ones arrive a second time
    found = Counter()
    for one in made:
        now = await refunds.get(house.ctx, one["id"])
        found[now["amount"], now["status"], now.get("failure_reason")] += 1
    assert found == {(amount, "succeeded", None): EACH for amount in (SILENT, DROPPED, LATE)}
    await _agreed(house)
    for intent in paid:
        await _refund(house, intent)
    assert [one["refunded"] for one in [await charges.get(house.ctx, intent["latest_charge"]) for intent in paid]] == [
        True] * len(paid)
    await _agreed(house)
    print(f"\n{3 * EACH} refunds without an answer: wrong final states 0")


async def test_an_answer_that_comes_late_finds_the_refund_settled(house: House) -> None:
    intent = await house.pay()
    house.vault.control(late_ms=1000, match=[{"fault": "approve_late", "kind": "refund"}])
    refunding = asyncio.create_task(_refund(house, intent))
    while not any(row["kind"] == "refund" for row in await house.journal()):
        await asyncio.sleep(0.02)
    assert await house.settle() == 1
    assert (await refunding)["status"] == "succeeded"
    assert len(await _events(house, intent["latest_charge"])) == 2  # succeeded, and refunded once
    await _agreed(house)


async def test_the_key_of_a_refund_whose_sender_died_is_answered(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    intent = await house.pay()
    house.ctx = replace(house.ctx, key=Key("died", b"1" * 32), request_id="req_1")

    class Crash(Exception):
        """The process ends here."""

    async def die(*_: object) -> dict[str, Any]:
        raise Crash

    with monkeypatch.context() as crash:
        crash.setattr(engine, "send", die)
        with pytest.raises(Crash):
            await _refund(house, intent)
    assert await house.settle() == 1
    again = Call(refunds.create, STAGED)
    with pytest.raises(idempotency.Replay) as told:
        await again.answer(replace(house.ctx, request_id="req_2"), {"payment_intent": intent["id"]}, {})
    assert b'"status":"succeeded"' in told.value.answer.body  # carried through: it had not left
    await _agreed(house)


async def test_a_refund_that_is_decided_later_is_pending_until_we_hear_so(house: House) -> None:
    house.vault.control(refund_ms=600_000)
    intent = await house.pay(card="pm_card_pendingRefund")
    made = await _refund(house, intent, reason="duplicate")
    assert (made["status"], made["pending_reason"]) == ("pending", "processing")
    assert [row["status"] for row in await house.journal() if row["kind"] == "refund"] == ["pending"]
    assert await house.settle() == 0  # asked too early: still pending
    assert await house.broken() == set()
    await house.refunds_happen()
    assert (await refunds.get(house.ctx, made["id"]))["status"] == "pending"  # nobody told us; nobody had to
    assert await house.settle() == 1
    now = await refunds.get(house.ctx, made["id"])
    assert (now["status"], now["reason"]) == ("succeeded", "duplicate")
    assert await _events(house, made["id"]) == ["refund.created", "refund.updated", "charge.refund.updated"]
    assert (await intents.get(house.ctx, intent["id"]))["status"] == "succeeded"
    await _agreed(house)


async def test_a_refund_that_comes_back_fails_and_restores_the_balance(house: House) -> None:
    house.vault.control(refund_ms=600_000)
    intent = await house.pay(card="pm_card_refundFail", amount=2000)
    before = await _balance(house)
    made = await _refund(house, intent, amount=500)
    assert made["status"] == "succeeded"
    assert (await charges.get(house.ctx, intent["latest_charge"]))["amount_refunded"] == 500
    await house.refunds_happen()
    assert {row["kind"] for row in await house.journal()} == {"sale", "refund", "refund_return"}
    assert await _look(house) == 1
    now = await refunds.get(house.ctx, made["id"])
    assert (now["status"], now.get("failure_reason")) == ("failed", "expired_or_canceled_card")
    assert now["failure_balance_transaction"]
    charge = await charges.get(house.ctx, intent["latest_charge"])
    assert (charge["amount_refunded"], charge["refunded"]) == (0, False)
    after = await _balance(house)
    assert after.pop("merchant_available") == 500
    assert after == before | {"merchant_pending": before["merchant_pending"] - 500}
    assert (await _events(house, made["id"]))[-3:] == ["refund.failed", "refund.updated", "charge.refund.updated"]
    assert await _look(house) == 0
    await _agreed(house)
    house.vault.control(refund_ms=600_000)
    assert (await _refund(house, intent))["amount"] == 2000  # the money may be given back in another way
    await _agreed(house)


async def test_a_refund_that_came_back_before_its_first_answer_was_read(house: House) -> None:
    house.vault.control(refund_ms=600_000, match=[{"fault": "approve_silent", "kind": "refund"}])
    made = await _refund(house, await house.pay(card="pm_card_refundFail"))
    assert made["status"] == "pending"
    await house.refunds_happen()
    assert await house.settle() == 1
    assert (await refunds.get(house.ctx, made["id"]))["status"] == "failed"
    await _agreed(house)


async def test_a_refused_refund_fails_and_may_be_made_again(house: House) -> None:
    intent = await house.pay()
    house.vault.control(match=[{"fault": "decline", "kind": "refund", "response_code": "41", "once": True}])
    made = await _refund(house, intent)
    assert (made["status"], made["failure_reason"]) == ("failed", "lost_or_stolen_card")
    await _agreed(house)
    assert (await _refund(house, intent))["status"] == "succeeded"
    await _agreed(house)


async def test_a_refund_that_cannot_leave_is_refused_with_nothing_changed(house: House) -> None:
    intent = await house.pay()
    house.vault.stop()
    with pytest.raises(ApiError):
        await _refund(house, intent)
    assert (await charges.get(house.ctx, intent["latest_charge"]))["amount_refunded"] == 0
    house.vault.start()
    assert (await _refund(house, intent))["status"] == "succeeded"
    await _agreed(house)


def _spend(house: House, amount: int, kind: str = "merchant_pending") -> None:
    """The merchant's money is gone, by a payout."""
    entry = (f'[{{"op": "post", "group": "00000000-0000-4000-8000-000000000001", "debit": "{kind}", "credit": '
             f'"bank_cash", "currency": "usd", "amount": {amount}, "code": "payout", "ref": "po_{kind}_{amount}"}}]')
    with _link(house) as link:
        link.execute("SELECT set_config('app.env', %s, false)", (str(house.ctx.env),))
        link.execute("SELECT pay.ledger_apply(%s, %s)", (house.ctx.env, entry))


async def test_a_refund_beyond_the_balance_waits_and_is_sent_when_it_suffices(house: House) -> None:
    intent = await house.pay(amount=1000)
    _spend(house, (await _balance(house))["merchant_pending"])
    made = await _refund(house, intent)
    assert (made["status"], made["pending_reason"]) == ("pending", "insufficient_funds")
    assert "refund" not in {row["kind"] for row in await house.journal()}
    with pytest.raises(InvalidRequest) as refused:
        await _refund(house, intent)  # what waits is reserved
    assert refused.value.code == "charge_already_refunded"
    assert await _look(house) == 1
    assert (await refunds.get(house.ctx, made["id"]))["pending_reason"] == "insufficient_funds"
    assert await house.broken() == set()
    with _link(house) as link:  # new money becomes available
        link.execute("SELECT set_config('app.env', %s, false)", (str(house.ctx.env),))
        link.execute("SELECT pay.ledger_apply(%s, %s)", (house.ctx.env, (
            '[{"op": "post", "group": "00000000-0000-4000-8000-000000000002", "debit": "bank_cash", "credit": '
            '"merchant_available", "currency": "usd", "amount": 1000, "code": "topup", "ref": "tu_1"}]')))
    await asyncio.gather(_look(house), _look(house))  # two workers at once
    now = await refunds.get(house.ctx, made["id"])
    assert (now["status"], now.get("pending_reason")) == ("succeeded", None)
    assert Counter(row["kind"] for row in await house.journal()) == {"sale": 1, "refund": 1}
    await _agreed(house)


async def test_a_refund_that_waits_for_balance_can_be_canceled_and_no_other(house: House) -> None:
    intent = await house.pay(amount=1000)
    _spend(house, (await _balance(house))["merchant_pending"])
    waiting = await _refund(house, intent)
    assert (await refunds.cancel(house.ctx, waiting["id"]))["status"] == "canceled"
    assert await _events(house, waiting["id"]) == ["refund.created", "refund.updated", "charge.refund.updated"]
    assert await _look(house) == 0
    done = await _refund(house, await house.pay())
    with pytest.raises(InvalidRequest, match="status of succeeded"):
        await refunds.cancel(house.ctx, done["id"])
    await _agreed(house)


async def test_a_full_refund_takes_our_fee_on_credit_and_no_more(house: House) -> None:
    intent = await house.pay(amount=1000)
    fee = (await _balance(house))["fee_revenue"]
    for amount in (400, 600):
        assert (await _refund(house, intent, amount=amount))["status"] == "succeeded"
    assert await _balance(house) == {"fee_revenue": fee, "merchant_debt": -fee}
    await _agreed(house)
    other = await house.pay(amount=1000)
    _spend(house, 1)
    assert (await _refund(house, other))["pending_reason"] == "insufficient_funds"


@pytest.mark.parametrize("wall", [True, False], ids=["guarded", "mutation"])
async def test_a_charge_that_is_disputed_while_its_refund_is_being_made_is_not_refunded(
        house: House, wall: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last capture, which opens the dispute, comes between the reading and the first commit of a refund."""
    if not wall:
        _without(house, "g.disputed AND g.scenario <> 'inquiry'", "false")
    intent = await house.pay(1000, "pm_card_createDispute", capture_method="manual",
                             payment_method_options={"card": {"request_multicapture": "if_available"}})
    await intents.capture(house.ctx, intent["id"], {"amount_to_capture": 600, "final_capture": False})
    write, late = refund_steps.write, [intents.capture(house.ctx, intent["id"], {"amount_to_capture": 400})]

    async def overtaken(*args: Any) -> None:
        if late:
            await late.pop()
        await write(*args)

    monkeypatch.setattr(refund_steps, "write", overtaken)
    if not wall:
        assert (await _refund(house, intent, amount=600))["object"] == "refund"
        return
    with pytest.raises(InvalidRequest) as refused:
        await _refund(house, intent, amount=600)
    assert refused.value.code == "charge_disputed"
    assert await house.rows("SELECT id FROM pay.refund WHERE env = %s") == []
    assert await house.broken() == set()


def _without(house: House, guard: str, instead: str) -> None:
    """Take a wall out of the function that writes refunds."""
    with _link(house) as link:
        row = link.execute("SELECT pg_get_functiondef('pay.refunds_write(bigint,jsonb)'::regprocedure)").fetchone()
        assert row
        assert guard in row[0]
        link.execute(row[0].replace(guard, instead))


def _all_read_before_one_writes(monkeypatch: pytest.MonkeyPatch, racers: int) -> None:
    """Who reads after the first commit is refused by what it reads. Let nobody be: only the database is asked here."""
    write, ready, waiting = refund_steps.write, asyncio.Event(), 0

    async def together(*args: Any) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == racers:
            ready.set()
        await ready.wait()
        await write(*args)

    monkeypatch.setattr(refund_steps, "write", together)


@pytest.mark.parametrize("wall", [True, False], ids=["guarded", "mutation"])
async def test_the_conditional_update_and_the_check_are_what_stops_racing_refunds(
        house: House, wall: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    paid = [await house.pay(amount=1000) for _ in range(4)]
    _all_read_before_one_writes(monkeypatch, 20 * len(paid))
    if not wall:
        _without(house, "AND refund_reserved + c.amount <= captured", "")
        with _link(house) as link:
            link.execute("ALTER TABLE pay.payment DROP CONSTRAINT payment_check1")
            # another merchant's money, so that the balance is not what stops them
            link.execute("SELECT set_config('app.env', %s, false)", (str(house.ctx.env),))
            link.execute("SELECT pay.ledger_apply(%s, %s)", (house.ctx.env, (
                '[{"op": "post", "group": "00000000-0000-4000-8000-000000000003", "debit": "bank_cash", "credit": '
                '"merchant_available", "currency": "usd", "amount": 100000, "code": "topup", "ref": "tu_2"}]')))
    house.vault.control(match=[{"fault": "drop", "kind": "refund"}])  # the acquirer's own check is not our wall
    answers = await asyncio.gather(*(_refund(house, intent, amount=600) for intent in paid for _ in range(20)),
                                   return_exceptions=True)
    assert {type(one) for one in answers} <= {dict, InvalidRequest}
    sums: Counter[str] = Counter()
    for row in await house.ctx.db.rows(house.ctx.env, "SELECT payment_id, amount FROM pay.refund WHERE env = %s",
                                       (house.ctx.env,)):
        sums[row["payment_id"]] += row["amount"]
    assert set(sums.values()) == {600 if wall else 12_000}
    assert await house.broken() == (set() if wall else {"R1"})
