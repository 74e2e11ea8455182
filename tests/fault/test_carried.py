"""What was asked of money that stands is carried through: a lost message is sent again until it is done, or surely not.

The vault and the sandbox network are real processes; the reconciler runs in this one, so that time can be arranged.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.errors import InvalidRequest
from backend.exchanges import attempts, resends
from backend.exchanges.rows import Attempt
from backend.payments import intents
from backend.payments.holds import capture_window, increments
from backend.reconciliation import attempts as reconciler
from backend.reconciliation import subjects
from backend.refunds import refunds
from tests.house import House, house_over
from tests.stack import Schema

Row = dict[str, Any]
KINDS = ("capture", "void", "increment", "refund")
DONE = {"capture": ("succeeded", "payment_intent.succeeded"), "void": ("canceled", "payment_intent.canceled"),
        "increment": ("requires_capture", "payment_intent.amount_capturable_updated"),
        "refund": ("succeeded", "refund.updated")}
NOT_DONE = {"capture": "payment_intent.amount_capturable_updated", "void": "payment_intent.payment_failed",
            "increment": "payment_intent.amount_capturable_updated", "refund": "refund.failed"}


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=0.8) as made:
        yield made


async def _ready(house: House, kind: str) -> Row:
    """A payment of which `kind` can be asked."""
    card = {"request_incremental_authorization": "if_available"}
    return await house.pay(2000, capture_method="automatic" if kind == "refund" else "manual",
                           payment_method_options={"card": card})


async def _ask(house: House, kind: str, intent: Row) -> Row:
    """The capture (a part), void, increment or refund of a payment; what is answered: the intent, or the refund."""
    if kind == "capture":
        return await intents.capture(house.ctx, intent["id"], {"amount_to_capture": 1500})
    if kind == "void":
        return await intents.cancel(house.ctx, intent["id"], {"cancellation_reason": "duplicate"})
    if kind == "increment":
        return await increments.create(house.ctx, intent["id"], {"amount": 2500})
    return await refunds.create(house.ctx, {"payment_intent": intent["id"], "amount": 700})


async def _now(house: House, asked: Row) -> Row:
    get = refunds.get if asked["object"] == "refund" else intents.get
    return await get(house.ctx, asked["id"])


async def _told(house: House, asked: Row) -> list[tuple[str, Row]]:
    """The events of the intent, or of the refund, in their order: type and object."""
    rows = await house.ctx.db.rows(
        house.ctx.env, "SELECT type, data::jsonb AS object FROM pay.event WHERE env = %s AND object_id = %s "
                       "ORDER BY object_seq", (house.ctx.env, asked["id"]))
    return [(row["type"], row["object"]) for row in rows]


async def _sent(house: House, kind: str) -> Row:
    (attempt,) = [row for row in await house.attempts() if row["kind"] == kind]
    return attempt


async def _messages(house: House, kind: str) -> list[str]:
    return [row["status"] for row in await house.journal() if row["kind"] == kind]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_lost_message_is_sent_again_under_its_own_key(house: House, kind: str) -> None:
    intent = await _ready(house, kind)
    house.vault.control(match=[{"fault": "drop", "kind": kind, "once": True}])
    asked = await _ask(house, kind, intent)
    assert asked["status"] == ("pending" if kind == "refund" else "processing")
    if kind != "refund":
        assert (await _told(house, asked))[-1][0] == "payment_intent.processing"
    key = (await _sent(house, kind))["network_key"]
    assert await house.settle() == 1
    status, event = DONE[kind]
    assert (await _now(house, asked))["status"] == status
    assert event in [type for type, _ in await _told(house, asked)]
    attempt = await _sent(house, kind)
    assert (attempt["network_key"], attempt["status"], attempt["sent_again"]) == (key, "approved", 1)
    assert await _messages(house, kind) == ["approved"]
    assert await house.broken() == set()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_message_that_was_only_late_has_one_effect(house: House, kind: str) -> None:
    intent = await _ready(house, kind)
    house.vault.control(late_ms=2500, match=[{"fault": "deliver_late", "kind": kind, "once": True}])
    asked = await _ask(house, kind, intent)
    assert await house.settle() == 1  # it was not there yet, and so it was sent again
    await asyncio.sleep(2.5)  # now the first one arrives
    assert (await _now(house, asked))["status"] == DONE[kind][0]
    assert await _messages(house, kind) == ["approved"]
    assert await house.broken() == set()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_message_that_never_arrives_ends_with_an_event_and_a_reason(
        house: House, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resends, "SENDS_MAX", 2)
    intent = await _ready(house, kind)
    house.vault.control(match=[{"fault": "drop", "kind": kind}])
    asked = await _ask(house, kind, intent)
    assert [await house.settle() for _ in range(3)] == [0, 0, 1]
    assert await _messages(house, kind) in ([], ["tombstone"], [None])
    attempt = await _sent(house, kind)
    assert (attempt["status"], attempt["sent_again"]) == ("failed", 2)
    assert attempt["cancel_sent_at"] is not None, "nothing is called failed before its tombstone stands"
    told = next(shown for type, shown in reversed(await _told(house, asked)) if type == NOT_DONE[kind])
    after = await _now(house, asked)
    if kind == "refund":
        assert (after["status"], after["failure_reason"], told["status"]) == ("failed", "unknown", "failed")
    else:
        for seen in (after, told):
            assert (seen["status"], seen["amount_capturable"], seen["cancellation_reason"]) == (
                "requires_capture", 2000, None)
            error = seen["last_payment_error"]
            assert (error["type"], error["code"], error["charge"]) == (
                "api_error", "processing_error", intent["latest_charge"])
            assert "could not be" in error["message"]
            assert "last_attempt" not in seen
    house.vault.control(reset=True)
    again = await _ask(house, kind, intent)
    assert again["status"] == DONE[kind][0]
    assert again.get("last_payment_error") is None
    assert await house.broken() == set()


@pytest.mark.parametrize("kind", ["capture", "void", "increment"])
async def test_a_refusal_that_comes_at_the_second_sending_is_told_with_its_reason(house: House, kind: str) -> None:
    intent = await _ready(house, kind)
    house.vault.control(match=[{"fault": "drop", "kind": kind, "once": True},
                               {"fault": "decline", "kind": kind, "response_code": "51"}])
    asked = await _ask(house, kind, intent)
    assert await house.settle() == 1
    after, (type, told) = await _now(house, asked), (await _told(house, asked))[-1]
    assert type == NOT_DONE[kind]
    assert after == told
    assert (after["status"], after["amount"], after["last_payment_error"]["charge"]) == (
        "requires_capture", 2000, intent["latest_charge"])
    if kind == "increment":
        assert after["last_payment_error"]["decline_code"] == "insufficient_funds"
    else:
        assert "51" in after["last_payment_error"]["message"]
    assert await house.broken() == set()


async def test_a_capture_whose_window_is_over_is_not_sent_again_and_a_void_is(house: House) -> None:
    late, gone = await _ready(house, "capture"), await _ready(house, "void")
    house.vault.control(match=[{"fault": "drop", "kind": kind, "once": True} for kind in ("capture", "void")])
    for kind, intent in (("capture", late), ("void", gone)):
        assert (await _ask(house, kind, intent))["status"] == "processing"
    house.clock.move(days=house.ctx.settings.capture_window_days)
    for _ in range(2):
        await house.settle()
    assert await _messages(house, "capture") in ([], ["tombstone"], [None])
    assert (await intents.get(house.ctx, late["id"]))["last_payment_error"]["code"] == "processing_error"
    assert (await intents.get(house.ctx, gone["id"]))["status"] == "canceled"
    assert await capture_window.void_due(house.ctx.runtime, house.ctx.env, 20) == 1
    ended = await intents.get(house.ctx, late["id"])
    assert (ended["status"], ended["cancellation_reason"], ended["last_payment_error"]) == ("canceled", "expired", None)
    assert await house.broken() == set()


async def test_a_payment_itself_is_never_sent_again(house: House) -> None:
    house.vault.control(match=[{"fault": "drop", "kind": "sale", "once": True}])
    await house.pay()
    assert await house.settle() == 1
    assert [(row["status"], row["sent_again"]) for row in await house.attempts()] == [("failed", 0)]
    assert await house.sales() == []


async def test_nothing_is_sent_again_once_its_cancel_is_on_its_way(house: House) -> None:
    """The reconciler that sent the cancel died; what comes after it must not raise the dead."""
    intent = await _ready(house, "capture")
    house.vault.control(match=[{"fault": "drop", "kind": "capture", "once": True}])
    await _ask(house, "capture", intent)
    (attempt,) = await _leased(house)
    assert await attempts.begin_cancel(house.ctx, attempt)
    assert await _sent_again(house, attempt) is None  # it was read before the cancel
    assert await house.settle() == 1
    assert await _messages(house, "capture") in ([], ["tombstone"], [None])
    assert (await intents.get(house.ctx, intent["id"]))["status"] == "requires_capture"


async def test_who_has_lost_its_lease_sends_nothing(house: House) -> None:
    intent = await _ready(house, "void")
    house.vault.control(match=[{"fault": "drop", "kind": "void", "once": True}])
    await _ask(house, "void", intent)
    (slow,) = await _leased(house)
    house.superuser("UPDATE pay.attempt SET leased_until = now() - interval '1 s'")
    (quick,) = await _leased(house)
    assert await _sent_again(house, slow) is None
    assert (await _sent_again(house, quick) or {})["outcome"] == "approved"


async def _sent_again(house: House, attempt: Attempt) -> Row | None:
    return await resends.send(house.ctx, await subjects.of(house.ctx, attempt), attempt)


async def _leased(house: House) -> list[Attempt]:
    house.superuser("UPDATE pay.attempt SET next_check_at = now() WHERE status IN ('sent', 'unknown')")
    return await attempts.lease(house.ctx, 10)


async def test_a_restored_message_is_not_sent_again(house: House) -> None:
    """What was forgotten may have ended it, and made another in its place: both would take the money."""
    intent = await _ready(house, "refund")
    house.vault.control(match=[{"fault": "drop", "kind": "refund", "once": True}])
    asked = await _ask(house, "refund", intent)
    house.clock.move(seconds=60)
    assert await attempts.hurry(house.ctx, resends.SENDS_MAX) == 1
    assert await reconciler.settle_due(house.ctx.runtime, house.ctx.env) == 1
    assert (await refunds.get(house.ctx, asked["id"]))["status"] == "failed"
    assert "approved" not in await _messages(house, "refund")


async def test_what_is_asked_meanwhile_gets_a_clear_answer(house: House) -> None:
    intent = await _ready(house, "capture")
    house.vault.control(match=[{"fault": "drop", "kind": "capture"}])
    first = await _ask(house, "capture", intent)
    for verb in (intents.cancel(house.ctx, intent["id"], {}), intents.capture(house.ctx, intent["id"], {}),
                 increments.create(house.ctx, intent["id"], {"amount": 2500})):
        with pytest.raises(InvalidRequest, match="Its capture was sent and is being carried through") as refused:
            await verb
        assert refused.value.code == "payment_intent_unexpected_state"
    house.vault.control(reset=True)
    assert await house.settle() == 1
    assert (await intents.get(house.ctx, first["id"]))["status"] == "succeeded"
    assert await house.broken() == set()
