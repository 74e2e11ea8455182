"""Money that was only held and is given free shows as a refund: a charge agrees with its own list."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.errors import InvalidRequest
from backend.exchanges import resends
from backend.ledger import balances
from backend.payments import charges, intents
from backend.payments.holds import capture_window
from backend.refunds import refunds
from tests.house import House, house_over
from tests.stack import Schema

Row = dict[str, Any]


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=0.8) as made:
        yield made


async def _charge(house: House, id: str) -> tuple[Row, list[Row]]:
    """A charge with its refunds, newest first; what it says must be what the list has."""
    charge = await charges.get(house.ctx, id)
    listed: list[Row] = (await refunds.find(house.ctx, {"charge": id}))["data"]
    assert charge["amount_refunded"] == sum(one["amount"] for one in listed if one["status"] == "succeeded")
    expanded = (await refunds.of_charges(house.ctx, [id]))[id]["data"]
    assert expanded == listed
    return charge, listed


@pytest.mark.parametrize(("authorized", "captured"), [(20675, 20300), (2000, 50), (100, 99)])
async def test_what_a_part_leaves_is_a_refund(house: House, authorized: int, captured: int) -> None:
    held = await house.pay(authorized, capture_method="manual")
    await intents.capture(house.ctx, held["id"], {"amount_to_capture": captured})
    charge, (rest,) = await _charge(house, held["latest_charge"])
    assert (charge["amount_refunded"], charge["refunded"], charge["amount_captured"]) == (
        authorized - captured, False, captured)
    assert (rest["amount"], rest["status"], rest["balance_transaction"], rest["reason"]) == (
        authorized - captured, "succeeded", None, None)
    assert rest["destination_details"]["card"]["type"] == "reversal"
    assert await refunds.get(house.ctx, rest["id"]) == rest
    assert "charge.refunded" in await house.events(held["id"])
    with pytest.raises(InvalidRequest) as over:
        await refunds.create(house.ctx, {"payment_intent": held["id"], "amount": captured + 1})
    assert over.value.code == "amount_too_large"
    await house.pay(5000)  # so that the balance covers the fee as well
    await refunds.create(house.ctx, {"payment_intent": held["id"]})
    charge, both = await _charge(house, held["latest_charge"])
    assert (charge["amount_refunded"], charge["refunded"], len(both)) == (authorized, True, 2)
    with pytest.raises(InvalidRequest) as again:
        await refunds.create(house.ctx, {"payment_intent": held["id"]})
    assert again.value.code == "charge_already_refunded"
    assert await house.broken() == set()


async def test_a_whole_capture_releases_nothing(house: House) -> None:
    held = await house.pay(5000, capture_method="manual")
    await intents.capture(house.ctx, held["id"], {})
    assert (await _charge(house, held["latest_charge"]))[1] == []


async def test_a_canceled_authorization_is_refunded_in_full(house: House) -> None:
    held = await house.pay(5000, capture_method="manual")
    await intents.cancel(house.ctx, held["id"], {})
    charge, (all_of_it,) = await _charge(house, held["latest_charge"])
    assert (charge["amount_refunded"], charge["refunded"], charge["captured"]) == (5000, True, False)
    assert (all_of_it["amount"], all_of_it["status"], all_of_it["reason"]) == (5000, "succeeded", None)
    assert {row["amount"] for part in ("available", "pending")
            for row in (await balances.get(house.ctx))[part]} <= {0}
    with pytest.raises(InvalidRequest):
        await refunds.cancel(house.ctx, all_of_it["id"])
    named = await refunds.update(house.ctx, all_of_it["id"], {"metadata": {"why": "gone"}})
    assert named["metadata"] == {"why": "gone"}
    assert await house.broken() == set()


async def test_an_authorization_that_ran_out_says_so_on_its_refund(house: House) -> None:
    held = await house.pay(5000, capture_method="manual")
    house.clock.move(days=house.ctx.settings.capture_window_days)
    assert await capture_window.void_due(house.ctx.runtime, house.ctx.env, 10) == 1
    _, (run_out,) = await _charge(house, held["latest_charge"])
    assert (run_out["amount"], run_out["reason"]) == (5000, "expired_uncaptured_charge")
    assert await house.broken() == set()


async def test_the_rest_of_several_parts_is_one_refund_beside_those_of_the_parts(house: House) -> None:
    held = await house.pay(5000, capture_method="manual",
                           payment_method_options={"card": {"request_multicapture": "if_available"}})
    await intents.capture(house.ctx, held["id"], {"amount_to_capture": 2000, "final_capture": False})
    assert (await _charge(house, held["latest_charge"]))[1] == []
    await refunds.create(house.ctx, {"payment_intent": held["id"], "amount": 500})
    await intents.cancel(house.ctx, held["id"], {})
    charge, both = await _charge(house, held["latest_charge"])
    assert (charge["amount_refunded"], charge["refunded"]) == (3500, False)
    assert sorted(one["amount"] for one in both) == [500, 3000]
    await refunds.create(house.ctx, {"payment_intent": held["id"]})
    assert (await _charge(house, held["latest_charge"]))[0]["refunded"] is True
    assert await house.broken() == set()


# ---- a charge that was only authorised


async def _held(house: House) -> Row:
    return await charges.create(house.ctx, {"amount": 2000, "currency": "usd", "source": "tok_visa",
                                            "capture": False})


@pytest.mark.parametrize("amount", [None, 2000])
async def test_a_refund_releases_a_charge_that_was_only_authorized(house: House, amount: int | None) -> None:
    held = await _held(house)
    asked = {"charge": held["id"], "reason": "duplicate", **({"amount": amount} if amount else {})}
    refund = await refunds.create(house.ctx, asked)
    assert (refund["amount"], refund["status"], refund["reason"], refund["charge"]) == (
        2000, "succeeded", "duplicate", held["id"])
    charge, listed = await _charge(house, held["id"])
    assert listed == [refund]
    assert (charge["refunded"], charge["captured"], charge["amount_refunded"]) == (True, False, 2000)
    assert [row["status"] for row in await house.journal() if row["kind"] == "authorize"] == ["reversed"]
    for verb in (charges.capture(house.ctx, held["id"], {}), refunds.create(house.ctx, {"charge": held["id"]})):
        with pytest.raises(InvalidRequest):
            await verb
    assert await house.broken() == set()


async def test_a_part_of_a_charge_that_was_only_authorized_cannot_be_given_back(house: House) -> None:
    held = await _held(house)
    with pytest.raises(InvalidRequest) as refused:
        await refunds.create(house.ctx, {"charge": held["id"], "amount": 500})
    assert (refused.value.code, refused.value.param) == ("charge_not_refundable", "amount")
    assert (await _charge(house, held["id"]))[1] == []
    assert (await charges.capture(house.ctx, held["id"], {}))["captured"] is True


@pytest.mark.parametrize("ends", ["succeeded", "failed"])
async def test_a_release_without_an_answer_is_pending_and_is_carried_through(
        house: House, ends: str, monkeypatch: pytest.MonkeyPatch) -> None:
    held = await _held(house)
    house.vault.control(match=[{"fault": "drop", "kind": "void", "once": ends == "succeeded"}])
    asked = await refunds.create(house.ctx, {"charge": held["id"]})
    assert (asked["status"], asked["pending_reason"]) == ("pending", "processing")
    assert await refunds.get(house.ctx, asked["id"]) == asked
    if ends == "failed":
        monkeypatch.setattr(resends, "SENDS_MAX", 0)
    assert await house.settle() == 1
    charge, (refund,) = await _charge(house, held["id"])
    assert refund["status"] == ends
    assert charge["refunded"] is (ends == "succeeded")
    types = [row["type"] for row in await house.ctx.db.rows(
        house.ctx.env, "SELECT type FROM pay.event WHERE env = %s AND object_id = %s ORDER BY object_seq",
        (house.ctx.env, asked["id"]))]
    assert types == ["refund.created", *(["refund.failed"] if ends == "failed" else []), "refund.updated",
                     "charge.refund.updated"]
    assert await house.broken() == set()


@pytest.mark.parametrize("ends", ["succeeded", "failed"])
async def test_the_events_of_a_release_show_the_metadata_that_it_was_given_meanwhile(
        house: House, ends: str, monkeypatch: pytest.MonkeyPatch) -> None:
    held = await _held(house)
    house.vault.control(match=[{"fault": "drop", "kind": "void", "once": ends == "succeeded"}])
    asked = await refunds.create(house.ctx, {"charge": held["id"], "metadata": {"why": "early"}})
    await refunds.update(house.ctx, asked["id"], {"metadata": {"why": "later"}})
    if ends == "failed":
        monkeypatch.setattr(resends, "SENDS_MAX", 0)
    assert await house.settle() == 1
    [refund] = (await _charge(house, held["id"]))[1]
    assert (refund["status"], refund["metadata"]) == (ends, {"why": "later"})
    told = await _told(house, asked["id"])
    assert [data["metadata"]["why"] for _, data, _ in told] == ["early"] + ["later"] * (len(told) - 1)
    assert told[-1][1] == refund
    before = told[-1][2] or {}
    assert before["status"] == "pending"
    assert "metadata" not in before


async def test_a_release_that_is_under_way_takes_the_metadata_that_it_is_given(house: House) -> None:
    held = await _held(house)
    house.vault.control(latency_ms=500)
    asking = asyncio.create_task(refunds.create(house.ctx, {"charge": held["id"]}))
    while not (found := (await refunds.find(house.ctx, {"charge": held["id"]}))["data"]):
        await asyncio.sleep(0.02)
    await refunds.update(house.ctx, found[0]["id"], {"metadata": {"why": "later"}})
    answer = await asking
    assert (answer["status"], answer["metadata"]) == ("succeeded", {"why": "later"})
    assert (await _told(house, answer["id"]))[-1][1] == answer


async def _told(house: House, id: str) -> list[tuple[str, Row, Row | None]]:
    """(type, object, what it was before) of each event of an object."""
    rows = await house.ctx.db.rows(house.ctx.env, """
        SELECT type, data, previous_attributes AS before FROM pay.event WHERE env = %s AND object_id = %s
         ORDER BY object_seq""", (house.ctx.env, id))
    return [(row["type"], json.loads(row["data"]), row["before"] and json.loads(row["before"])) for row in rows]


async def test_an_intent_that_was_only_authorized_is_canceled_and_not_refunded(house: House) -> None:
    held = await house.pay(2000, capture_method="manual")
    for named in ({"charge": held["latest_charge"]}, {"payment_intent": held["id"]}):
        with pytest.raises(InvalidRequest, match="Cancel the PaymentIntent"):
            await refunds.create(house.ctx, named)


@pytest.mark.parametrize(("amount", "code"), [(10, "amount_too_small"), (49, "amount_too_small")])
async def test_a_capture_below_the_minimum_is_refused(house: House, amount: int, code: str) -> None:
    held = await house.pay(2000, capture_method="manual")
    with pytest.raises(InvalidRequest) as refused:
        await intents.capture(house.ctx, held["id"], {"amount_to_capture": amount})
    assert (refused.value.code, refused.value.param) == (code, "amount_to_capture")
    assert (await intents.capture(house.ctx, held["id"], {"amount_to_capture": 50}))["status"] == "succeeded"


async def test_a_part_that_was_captured_before_releases_had_refunds_is_refunded_when_all_of_it_is_given_back(
        house: House) -> None:
    held = await house.pay(10_000, capture_method="manual")
    await intents.capture(house.ctx, held["id"], {"amount_to_capture": 6000})
    for change in ("UPDATE pay.charge SET amount_refunded = 0", "DELETE FROM pay.refund"):  # as it was left before
        house.superuser(f"SET session_replication_role = replica; {change}")
    assert "R7" not in await house.broken()
    await house.pay(9000)  # so that the balance covers the fee as well
    part = await refunds.create(house.ctx, {"payment_intent": held["id"], "amount": 2000})
    assert (part["status"], (await charges.get(house.ctx, held["latest_charge"]))["refunded"]) == ("succeeded", False)
    await refunds.create(house.ctx, {"payment_intent": held["id"]})
    charge = await charges.get(house.ctx, held["latest_charge"])
    assert (charge["amount_refunded"], charge["refunded"]) == (6000, True)
    assert "R7" not in await house.broken()
