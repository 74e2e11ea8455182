"""Authorisations that are raised, and captured part after part: what holds when answers are late, lost or refused."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from backend.context import Key
from backend.errors import ApiError, CardError, FarthingError, InvalidRequest, Locked
from backend.exchanges import resends
from backend.ledger import balance_transactions, balances
from backend.payments import charges, intents
from backend.payments.holds import capture_window, increments
from backend.refunds import refunds
from tests import books
from tests.house import House, house_over
from tests.stack import Schema

Row = dict[str, Any]
WISH = {"card": {"request_incremental_authorization": "if_available", "request_multicapture": "if_available"}}
SEED = 41
HISTORIES, STEPS = 12, 8


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres) as made:
        yield made


async def hold(house: House, amount: int = 1000, **more: Any) -> Row:
    return await house.pay(amount, capture_method="manual", payment_method_options=WISH, **more)


async def raise_to(house: House, held: Row, amount: int, **more: Any) -> Row:
    return await increments.create(house.ctx, held["id"], {"amount": amount, **more})


async def part(house: House, held: Row, amount: int, **more: Any) -> Row:
    return await intents.capture(house.ctx, held["id"], {"amount_to_capture": amount, "final_capture": False, **more})


async def holds(house: House) -> list[tuple[int, int, str, int | None]]:
    return [(row["leg"], row["amount"], row["status"], row["posted_amount"]) for row in await house.rows(
        "SELECT leg, amount, status, posted_amount FROM pay.hold WHERE env = %s AND code = 'auth' ORDER BY leg")]


def money(intent: Row) -> tuple[str, int, int, int]:
    return intent["status"], intent["amount"], intent["amount_capturable"], intent["amount_received"]


async def now(house: House, held: Row) -> tuple[str, int, int, int]:
    return money(await intents.get(house.ctx, held["id"]))


async def booked(house: House) -> Counter[str]:
    return Counter({row["currency"]: int(row["sum"]) for row in await house.rows(
        "SELECT currency, sum(debits - credits) FROM pay.account WHERE env = %s AND kind = 'acquirer_clearing' "
        "GROUP BY currency")})


async def whole(house: House) -> None:
    """Every invariant holds, and the ledger says to the cent what the acquirers say."""
    assert await house.broken() == set()
    assert +await booked(house) == +books.charged(await house.journal())


# ---- increments


async def test_an_increment_is_one_more_hold_and_one_more_message_to_the_same_acquirer(house: House) -> None:
    held = await hold(house)
    more = await raise_to(house, held, 1500, description="Two more nights", metadata={"room": "12"},
                          statement_descriptor="HOTEL")
    assert money(more) == ("requires_capture", 1500, 1500, 0)
    assert (more["description"], more["metadata"], more["statement_descriptor"]) == (
        "Two more nights", {"room": "12"}, "HOTEL")
    assert await holds(house) == [(0, 1000, "pending", None), (1, 500, "pending", None)]
    first, second = await house.attempts()
    assert (second["kind"], second["amount"], second["connector"], second["original_key"]) == (
        "increment", 500, first["connector"], first["network_key"])
    assert [(row["kind"], row["amount"], row["status"]) for row in await house.journal()] == [
        ("authorize", 1000, "approved"), ("increment", 500, "approved")]
    charge = await charges.get(house.ctx, held["latest_charge"])
    card = charge["payment_method_details"]["card"]
    assert (charge["amount"], card["amount_authorized"]) == (1500, 1500)
    assert card["overcapture"]["maximum_amount_capturable"] == 1500
    assert (await house.events(held["id"]))[1:] == [
        "payment_intent.amount_capturable_updated", "payment_intent.amount_capturable_updated", "charge.succeeded",
        "charge.updated"]
    await whole(house)


@pytest.mark.parametrize(("amount", "ends"), [
    (None, [(0, 1000, "posted", 1000), (1, 500, "posted", 500)]),
    (1200, [(0, 1000, "posted", 1000), (1, 500, "posted", 200)]),
    (900, [(0, 1000, "posted", 900), (1, 500, "voided", None)])])
async def test_a_capture_takes_up_to_the_new_total_and_releases_the_rest(
        house: House, amount: int | None, ends: list[Any]) -> None:
    held = await hold(house)
    await raise_to(house, held, 1500)
    with pytest.raises(InvalidRequest, match="remaining amount to capture"):
        await intents.capture(house.ctx, held["id"], {"amount_to_capture": 1501})
    done = await intents.capture(house.ctx, held["id"], {"amount_to_capture": amount} if amount else {})
    assert money(done) == ("succeeded", 1500, 0, amount or 1500)
    assert await holds(house) == ends
    await whole(house)


async def test_a_cancel_releases_the_whole_hold(house: House) -> None:
    held = await hold(house)
    await raise_to(house, held, 1500)
    assert money(await intents.cancel(house.ctx, held["id"], {})) == ("canceled", 1500, 0, 0)
    assert [row[2] for row in await holds(house)] == ["voided", "voided"]
    assert ("void", 1500, "approved") in [(row["kind"], row["amount"], row["status"]) for row in await house.journal()]
    await whole(house)


async def test_the_end_of_the_window_releases_the_whole_hold_once(house: House) -> None:
    held = await hold(house)
    before = (await charges.get(house.ctx, held["latest_charge"]))["payment_method_details"]["card"]["capture_before"]
    house.clock.move(days=6)
    await raise_to(house, held, 1500)
    card = (await charges.get(house.ctx, held["latest_charge"]))["payment_method_details"]["card"]
    assert card["capture_before"] == before
    house.clock.move(days=1)
    with pytest.raises(InvalidRequest, match="past its capture window"):
        await raise_to(house, held, 1600)
    assert await capture_window.void_due(house.ctx.runtime, house.ctx.env, 20) == 1
    assert await now(house, held) == ("canceled", 1500, 0, 0)
    assert [row[2] for row in await holds(house)] == ["expired", "expired"]
    await whole(house)


async def test_a_declined_increment_changes_nothing(house: House) -> None:
    held = await hold(house)
    house.vault.control(match=[{"fault": "decline", "kind": "increment", "response_code": "51"}])
    with pytest.raises(CardError) as refused:
        await raise_to(house, held, 1500, description="never", metadata={"a": "b"})
    error = refused.value
    assert (error.code, error.extra["decline_code"], error.extra["charge"]) == (
        "card_declined", "insufficient_funds", held["latest_charge"])
    assert error.extra["payment_intent"]["status"] == "requires_capture"
    after = await intents.get(house.ctx, held["id"])
    assert {name for name in after if after[name] != held[name]} == set()
    assert await holds(house) == [(0, 1000, "pending", None)]
    house.vault.control(reset=True)
    assert money(await raise_to(house, held, 1400)) == ("requires_capture", 1400, 1400, 0)
    await whole(house)


@pytest.mark.parametrize(("fault", "ends"), [
    ("approve_silent", ("requires_capture", 1500, 1500, 0)), ("approve_then_96", ("requires_capture", 1500, 1500, 0)),
    ("garbage", ("requires_capture", 1500, 1500, 0)), ("drop", ("requires_capture", 1500, 1500, 0))])
async def test_an_increment_without_an_answer_ends_as_the_acquirer_says(
        house: House, fault: str, ends: tuple[Any, ...]) -> None:
    held = await hold(house)
    house.vault.control(match=[{"fault": fault, "kind": "increment"}])
    house.ctx = replace(house.ctx, key=Key("raise", b"1" * 32))
    asked = await raise_to(house, held, 1500, metadata={"room": "12"})
    assert (asked["status"], asked["last_attempt"]) == ("processing", {"outcome": "unknown", "kind": "increment"})
    assert asked["amount"] == 1000
    house.ctx = house.ctx.without_key()
    for verb in (intents.capture(house.ctx, held["id"], {}), intents.cancel(house.ctx, held["id"], {}),
                 raise_to(house, held, 1700)):
        with pytest.raises(InvalidRequest) as refused:
            await verb
        assert refused.value.code == "payment_intent_unexpected_state"
    house.vault.control(reset=True)
    await house.settle()
    assert await now(house, held) == ends
    settled = await intents.get(house.ctx, held["id"])
    assert settled["metadata"] == {"room": "12"}
    assert money(await intents.capture(house.ctx, held["id"], {}))[3] == ends[2]
    await whole(house)


async def test_an_increment_that_never_left_can_be_sent_again(house: House) -> None:
    held = await hold(house)
    house.vault.stop()
    with pytest.raises(ApiError):
        await raise_to(house, held, 1500)
    assert await now(house, held) == ("requires_capture", 1000, 1000, 0)
    house.vault.start()
    await asyncio.sleep(1.2)
    assert money(await raise_to(house, held, 1500)) == ("requires_capture", 1500, 1500, 0)
    await whole(house)


async def test_an_increment_found_after_our_cancel_counts_for_nothing(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sent no more, so it is cancelled by our reference; what comes after the tombstone is refused."""
    monkeypatch.setattr(resends, "SENDS_MAX", 0)
    held = await hold(house)
    house.vault.control(match=[{"fault": "deliver_late", "kind": "increment"}], late_ms=3000)
    await raise_to(house, held, 1500)
    house.vault.control(match=[])
    await house.settle()
    await asyncio.sleep(3.2)
    assert await now(house, held) == ("requires_capture", 1000, 1000, 0)
    assert ("increment", "tombstone") in [(row["kind"], row["status"]) for row in await house.journal()]
    await intents.capture(house.ctx, held["id"], {})
    await whole(house)


async def test_there_are_ten_increments_and_no_more(house: House) -> None:
    held = await hold(house)
    house.vault.control(match=[{"fault": "decline", "kind": "increment", "once": True}])
    with pytest.raises(CardError):
        await raise_to(house, held, 1100)
    for number in range(increments.TRIES_MAX - 1):
        await raise_to(house, held, 1100 + number)
    with pytest.raises(InvalidRequest) as refused:
        await raise_to(house, held, 2000)
    assert refused.value.code == "incremental_authorization_limit"
    assert await now(house, held) == ("requires_capture", 1108, 1108, 0)
    await whole(house)


@pytest.mark.parametrize("options", [{}, {"card": {"request_incremental_authorization": "never"}}])
async def test_what_was_not_asked_for_is_not_available(house: House, options: Row) -> None:
    held = await house.pay(capture_method="manual", payment_method_options=options)
    card = (await charges.get(house.ctx, held["latest_charge"]))["payment_method_details"]["card"]
    assert {card[name]["status"] for name in ("incremental_authorization", "multicapture")} == {"unavailable"}
    with pytest.raises(InvalidRequest) as refused:
        await raise_to(house, held, 1500)
    assert refused.value.code == "incremental_authorization_unavailable"
    with pytest.raises(InvalidRequest) as refused:
        await part(house, held, 500)
    assert (refused.value.code, refused.value.param) == ("capture_not_final", "final_capture")
    assert len(await house.journal()) == 1


@pytest.mark.parametrize(("card", "can"), [
    ("pm_card_visa", True), ("pm_card_mastercard", True), ("pm_card_amex", True), ("pm_card_discover", True),
    ("pm_card_jcb", False), ("pm_card_diners", False), ("pm_card_unionpay", False)])
async def test_the_brands_that_can_are_the_ones_that_say_so(house: House, card: str, can: bool) -> None:
    held = await hold(house, card=card)
    shown = (await charges.get(house.ctx, held["latest_charge"]))["payment_method_details"]["card"]
    assert {shown[name]["status"] for name in ("incremental_authorization", "multicapture")} == {
        "available" if can else "unavailable"}
    sold = await house.pay(card=card, payment_method_options=WISH)
    shown = (await charges.get(house.ctx, sold["latest_charge"]))["payment_method_details"]["card"]
    assert shown["incremental_authorization"]["status"] == "unavailable"
    if can:
        assert money(await raise_to(house, held, 1500)) == ("requires_capture", 1500, 1500, 0)


# ---- several captures


async def test_parts_are_captured_until_the_last_and_the_rest_is_released(house: House) -> None:
    held = await hold(house, 5000)
    assert money(await part(house, held, 1000)) == ("requires_capture", 5000, 4000, 1000)
    assert await holds(house) == [(0, 5000, "posted", 1000), (1, 4000, "pending", None)]
    charge = await charges.get(house.ctx, held["latest_charge"])
    assert (charge["captured"], charge["amount_captured"], charge["refunded"]) == (True, 1000, False)
    assert money(await part(house, held, 2000)) == ("requires_capture", 5000, 2000, 3000)
    assert money(await raise_to(house, held, 6000)) == ("requires_capture", 6000, 3000, 3000)
    with pytest.raises(InvalidRequest, match="remaining amount to capture"):
        await part(house, held, 3001)
    done = await intents.capture(house.ctx, held["id"], {"amount_to_capture": 500})
    assert money(done) == ("succeeded", 6000, 0, 3500)
    assert (await house.events(held["id"]))[2:] == [
        *["payment_intent.amount_capturable_updated"] * 3, "payment_intent.succeeded", "charge.succeeded",
        *["charge.updated"] * 3, "charge.captured", "charge.refunded"]
    await whole(house)


async def test_a_part_that_is_all_that_is_left_is_the_last(house: House) -> None:
    held = await hold(house)
    await part(house, held, 400)
    assert money(await part(house, held, 600)) == ("succeeded", 1000, 0, 1000)
    await whole(house)


async def test_the_transaction_of_the_charge_adds_up_to_the_ledger(house: House) -> None:
    held, other = await hold(house, 5000), await hold(house, 5000)
    for amount in (1000, 50, 1950):
        await part(house, held, amount)
    await intents.capture(house.ctx, held["id"], {"amount_to_capture": 1000})
    await intents.capture(house.ctx, other["id"], {"amount_to_capture": 4000})
    several, one = [await balance_transactions.get(house.ctx, str((await charges.get(
        house.ctx, each["latest_charge"]))["balance_transaction"])) for each in (held, other)]
    assert (several["amount"], several["fee"], several["net"]) == (one["amount"], one["fee"], one["net"])
    assert (several["amount"], several["fee"]) == (4000, 146)
    assert several["source"] == held["latest_charge"]
    await whole(house)


async def test_parts_smaller_than_their_fee_are_booked(house: House) -> None:
    held = await house.pay(1000, currency="gbp", capture_method="manual", payment_method_options=WISH)
    for amount in (30, 31, 30):
        await part(house, held, amount)
    await intents.cancel(house.ctx, held["id"], {})
    assert await now(house, held) == ("succeeded", 1000, 0, 91)
    await whole(house)


async def test_the_money_of_parts_becomes_available_together_after_the_last(house: House) -> None:
    held = await hold(house, 5000)
    await part(house, held, 1000)
    house.clock.move(days=3)
    release = (house.ctx.runtime, house.ctx.env, 200)
    assert await balance_transactions.release(*release) == 0
    await intents.capture(house.ctx, held["id"], {})
    assert await balance_transactions.release(*release) == 1
    balance = await balances.get(house.ctx)
    assert (balance["pending"][0]["amount"], balance["available"][0]["amount"]) == (0, 5000 - 175)
    assert await balance_transactions.release(*release) == 0
    await whole(house)


async def test_a_cancel_after_a_part_releases_the_rest_and_keeps_what_was_paid(house: House) -> None:
    held = await hold(house)
    await part(house, held, 400)
    done = await intents.cancel(house.ctx, held["id"], {"cancellation_reason": "abandoned"})
    assert money(done) == ("succeeded", 1000, 0, 400)
    assert (done["cancellation_reason"], done["canceled_at"]) == (None, None)
    charge = await charges.get(house.ctx, held["latest_charge"])
    assert (charge["amount_refunded"], charge["refunded"], charge["amount_captured"]) == (600, False, 400)
    assert [row["status"] for row in await house.attempts()] == ["approved"] * 3
    assert await holds(house) == [(0, 1000, "posted", 400), (1, 600, "voided", None)]
    await whole(house)


async def test_the_end_of_the_window_releases_the_rest_and_keeps_what_was_paid(house: House) -> None:
    held = await hold(house)
    await part(house, held, 400)
    house.clock.move(days=7)
    assert await capture_window.void_due(house.ctx.runtime, house.ctx.env, 20) == 1
    assert await now(house, held) == ("succeeded", 1000, 0, 400)
    assert [row[2] for row in await holds(house)] == ["posted", "expired"]
    assert await capture_window.void_due(house.ctx.runtime, house.ctx.env, 20) == 0
    await whole(house)


@pytest.mark.parametrize("fault", ["approve_silent", "drop"])
async def test_a_part_without_an_answer_ends_as_the_acquirer_says(house: House, fault: str) -> None:
    held = await hold(house)
    house.vault.control(match=[{"fault": fault, "kind": "capture"}])
    assert (await part(house, held, 400))["status"] == "processing"
    house.vault.control(reset=True)
    await house.settle()
    assert await now(house, held) == ("requires_capture", 1000, 600, 400)
    await intents.capture(house.ctx, held["id"], {})
    assert await now(house, held) == ("succeeded", 1000, 0, 1000)
    await whole(house)


async def test_refunds_stay_within_all_parts_together(house: House) -> None:
    held = await hold(house, 5000)
    await part(house, held, 1000)
    early = await refunds.create(house.ctx, {"payment_intent": held["id"], "amount": 1000})
    assert (await charges.get(house.ctx, held["latest_charge"]))["refunded"] is True
    for _ in range(2):  # the late refund is more than any one part
        await part(house, held, 1000)
    assert (await charges.get(house.ctx, held["latest_charge"]))["refunded"] is False
    with pytest.raises(InvalidRequest):
        await refunds.create(house.ctx, {"payment_intent": held["id"], "amount": 2001})
    late = await refunds.create(house.ctx, {"payment_intent": held["id"], "amount": 1500})
    await intents.cancel(house.ctx, held["id"], {})
    last = await refunds.create(house.ctx, {"payment_intent": held["id"]})
    assert [one["status"] for one in (early, late, last)] == ["succeeded"] * 3
    assert last["amount"] == 500
    assert +books.charged(await house.journal()) == {}
    await whole(house)


# ---- many at once


async def test_of_increments_captures_and_cancels_at_one_moment_one_is_open_at_a_time(house: House) -> None:
    chance = random.Random(SEED)
    for _ in range(HISTORIES):
        held = await hold(house)
        verbs = [lambda held=held: raise_to(house, held, 1500), lambda held=held: raise_to(house, held, 1700),
                 lambda held=held: part(house, held, 300), lambda held=held: part(house, held, 400),
                 lambda held=held: intents.capture(house.ctx, held["id"], {}),
                 lambda held=held: intents.cancel(house.ctx, held["id"], {})]
        chance.shuffle(verbs)
        told = await asyncio.gather(*(verb() for verb in verbs), return_exceptions=True)
        assert {type(one) for one in told} <= {dict, InvalidRequest, Locked}, told
        assert sum(isinstance(one, dict) for one in told) >= 1
    await whole(house)


async def test_one_key_raises_once(house: House) -> None:
    held = await hold(house)
    keyed = replace(house.ctx, key=Key("same", b"1" * 32))
    told = await asyncio.gather(*(increments.create(keyed, held["id"], {"amount": 1500}) for _ in range(8)),
                                return_exceptions=True)
    assert sum(isinstance(one, dict) for one in told) == 1
    assert [row["kind"] for row in await house.journal()] == ["authorize", "increment"]
    assert await now(house, held) == ("requires_capture", 1500, 1500, 0)
    await whole(house)


async def test_whatever_happens_the_ledger_is_the_journal_to_the_cent(house: House) -> None:
    """Random histories over a network that loses, repeats and refuses messages."""
    chance = random.Random(SEED)
    house.vault.control(seed=SEED, faults={"approve_silent": 0.05, "drop": 0.05, "answer_twice": 0.1, "decline": 0.1},
                        kinds=["increment", "capture", "void", "refund"])

    async def history(held: Row) -> Counter[str]:
        said: Counter[str] = Counter()
        for _ in range(STEPS):
            total = (await intents.get(house.ctx, held["id"]))["amount"]
            verb = chance.choice(("raise", "raise", "part", "part", "refund", "capture", "cancel", "settle"))
            try:
                if verb == "raise":
                    await raise_to(house, held, total + chance.randint(1, 900))
                elif verb == "part":
                    await part(house, held, chance.randint(1, 700))
                elif verb == "refund":
                    await refunds.create(house.ctx, {"payment_intent": held["id"], "amount": chance.randint(1, 300)})
                elif verb == "settle":
                    await house.ask()
                elif chance.random() < 0.3:
                    await getattr(intents, verb)(house.ctx, held["id"], {})
                said[verb] += 1
            except FarthingError as error:
                said[error.code or error.type] += 1
        return said

    said: Counter[str] = Counter()
    for held in [await hold(house, chance.randint(100, 3000)) for _ in range(HISTORIES)]:
        said += await history(held)
    house.vault.control(reset=True)
    await house.settle()
    await house.settle()
    print(f"\nseed {SEED}: {dict(said)}")
    assert min(said[verb] for verb in ("raise", "part", "refund")) > 3, said
    await whole(house)
