"""Two acquirers: the sick one is left alone, a second try follows only knowledge, and nobody is charged twice."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from backend.accounts import environments
from backend.context import Key
from backend.errors import ApiError, CardError, Locked
from backend.exchanges import engine
from backend.networks import breaker, declines
from backend.payments import charges, failover, intents
from backend.requests import idempotency
from tests.free_ports import free_block
from tests.house import House, house_over
from tests.stack import Schema

SOFT = {"fault": "decline", "response_code": "06"}
SEED = 20261121


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres) as made:
        yield made


def control(house: House, alder: dict[str, Any] | None = None, birch: dict[str, Any] | None = None) -> None:
    """The faults of each acquirer; nothing else."""
    house.vault.control(alder={"reset": True, "seed": SEED, **(alder or {})},
                        birch={"reset": True, "seed": SEED, **(birch or {})})


async def sicken(house: House, count: int = breaker.VOLUME_MIN) -> None:
    """Let so many payments find silence, wherever they are sent first."""
    await asyncio.gather(*(house.pay() for _ in range(count)))


def silent(*kinds: str) -> dict[str, Any]:
    return {"kinds": list(kinds or ("sale", "authorize")), "faults": {"drop": 1.0}}


def state(house: House, name: str) -> str:
    return house.ctx.runtime.breakers.of(name).state


# ---- the breaker


async def test_silence_opens_the_breaker_and_the_next_payment_goes_to_the_other_at_once(house: House) -> None:
    control(house, alder=silent())
    await sicken(house)
    assert (state(house, "alder"), state(house, "birch")) == ("open", "closed")
    paid = await house.pay(2000)
    assert paid["status"] == "succeeded"
    assert [(row["connector"], row["number"]) for row in await house.attempts(paid["id"])] == [("birch", 1)]
    await house.settle()
    assert await house.broken() == set()


async def test_declines_never_open_it(house: House) -> None:
    for _ in range(3):
        refused = await asyncio.gather(*(house.pay(card="pm_card_visa_chargeDeclined") for _ in range(10)),
                                       return_exceptions=True)
        assert all(isinstance(one, CardError) for one in refused)
    assert state(house, "alder") == "closed"
    assert {row["connector"] for row in await house.attempts()} == {"alder"}


async def test_mutation_were_declines_errors_the_breaker_would_open(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    send = engine.send

    async def blaming(*args: Any, **more: Any) -> dict[str, Any]:
        answer = await send(*args, **more)
        return answer | {"sick": answer["outcome"] != "approved"}

    monkeypatch.setattr(engine, "send", blaming)
    await asyncio.gather(*(house.pay(card="pm_card_visa_chargeDeclined") for _ in range(10)), return_exceptions=True)
    assert state(house, "alder") == "open"


async def test_each_kind_of_brokenness_opens_it(house: House) -> None:
    for fault in ("error_91", "approve_then_96", "garbage", "half_message"):
        house.calm()
        control(house, alder={"faults": {fault: 1.0}})
        for _ in range(breaker.VOLUME_MIN):
            assert (await house.pay())["status"] == "processing"
        assert state(house, "alder") == "open", fault
    control(house)
    await house.settle()
    assert await house.broken() == set()


async def test_both_sick_is_said_at_once_and_nothing_is_written(house: House) -> None:
    control(house, alder=silent(), birch=silent())
    await sicken(house)
    await sicken(house)
    assert (state(house, "alder"), state(house, "birch")) == ("open", "open")
    before = await house.rows("SELECT count(*) AS n FROM pay.payment WHERE env = %s"), await house.attempts()
    waiting = await intents.create(house.ctx, {"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa"})
    took = []
    for number in range(100):
        began = time.perf_counter()
        with pytest.raises(ApiError) as told:
            await (house.pay() if number % 2 else intents.confirm(house.ctx, waiting["id"], {}))
        took.append((time.perf_counter() - began) * 1000)
        assert (told.value.code, told.value.retry) == ("acquirer_unavailable", True)
    took.sort()
    print(f"\nfail fast with both open, N=100: median {took[50]:.2f} ms, p95 {took[95]:.2f}, worst {took[-1]:.2f}")
    assert (await intents.get(house.ctx, waiting["id"]))["status"] == "requires_confirmation"
    after = await house.rows("SELECT count(*) AS n FROM pay.payment WHERE env = %s"), await house.attempts()
    assert (before[0][0]["n"] + 1, before[1]) == (after[0][0]["n"], after[1])


async def test_what_belongs_to_the_sick_acquirer_still_flows(house: House) -> None:
    kept, gone = [await house.pay(capture_method="manual") for _ in range(2)]
    control(house, alder=silent())
    await sicken(house)
    assert state(house, "alder") == "open"
    assert (await intents.capture(house.ctx, kept["id"], {}))["status"] == "succeeded"
    assert (await intents.cancel(house.ctx, gone["id"], {}))["status"] == "canceled"
    assert await house.settle() == breaker.VOLUME_MIN  # enquiries and cancels by our reference
    assert {row["connector"] for row in await house.attempts()} == {"alder"}
    assert await house.broken() == set()


async def test_five_payments_one_by_one_bring_the_acquirer_back(house: House) -> None:
    control(house, alder=silent())
    await sicken(house)
    house.ticks.at += breaker.COOL_DOWN_SECONDS
    assert (await house.pay())["status"] == "processing"  # the probe finds it as sick as before
    assert state(house, "alder") == "open"
    control(house)
    house.ticks.at += breaker.COOL_DOWN_SECONDS
    together = await asyncio.gather(*(house.pay(3000) for _ in range(8)))
    used = [(await house.attempts(one["id"]))[0]["connector"] for one in together]
    assert used.count("alder") < 8, "one probe at a time; the others go to birch"
    while state(house, "alder") != "closed":
        await house.pay(3000)
    paid = await house.pay(3000)
    assert (await house.attempts(paid["id"]))[0]["connector"] == "alder"
    probes = sum(row["connector"] == "alder" and row["amount"] == 3000 for row in await house.attempts())
    assert probes == breaker.CLOSE_AFTER + 1


# ---- a second try


def shown(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["connector"], row["status"], row["number"]


async def test_a_soft_decline_is_tried_once_at_the_other_acquirer(house: House) -> None:
    control(house, alder={"match": [SOFT]})
    house.ctx = replace(house.ctx, key=Key("twice", b"1" * 32), request_id="req_1")
    paid = await house.pay()
    assert (paid["status"], paid["last_payment_error"]) == ("succeeded", None)
    tried = await house.attempts()
    assert [shown(row) for row in tried] == [("alder", "declined", 1), ("birch", "approved", 2)]
    listed = (await charges.find(house.ctx, {"payment_intent": paid["id"]}))["data"]
    assert [(one["status"], one["failure_code"]) for one in listed] == [("succeeded", None),
                                                                        ("failed", "processing_error")]
    assert paid["latest_charge"] == listed[0]["id"]
    assert listed[0]["payment_method_details"]["card"]["checks"]["cvc_check"] == "pass", "the code came along"
    assert await house.events(paid["id"]) == ["payment_intent.created", "payment_intent.succeeded",
                                              "charge.failed", "charge.succeeded"]
    with pytest.raises(idempotency.Replay) as again:
        await house.pay()
    assert again.value.answer.status == 200
    assert paid["id"].encode() in again.value.answer.body
    resources = await house.rows("SELECT resource_id FROM pay.idempotency WHERE env = %s")
    assert resources == [{"resource_id": paid["id"]}]
    assert [(row["connector"], row["status"]) for row in await house.journal()] == [("alder", "declined"),
                                                                                   ("birch", "approved")]
    assert await house.broken() == set()


async def test_a_manual_capture_follows_the_acquirer_that_approved(house: House) -> None:
    control(house, alder={"match": [SOFT]})
    held = await house.pay(capture_method="manual")
    assert held["status"] == "requires_capture"
    assert (await intents.capture(house.ctx, held["id"], {"amount_to_capture": 700}))["amount_received"] == 700
    assert [shown(row) for row in await house.attempts()] == [
        ("alder", "declined", 1), ("birch", "approved", 2), ("birch", "approved", 3)]
    assert await house.broken() == set()


async def test_two_soft_declines_are_the_end(house: House) -> None:
    control(house, alder={"match": [SOFT]}, birch={"match": [{**SOFT, "response_code": "92"}]})
    with pytest.raises(CardError) as told:
        await house.pay()
    assert (told.value.code, told.value.extra["decline_code"]) == ("card_declined", "issuer_not_available")
    intent = told.value.extra["payment_intent"]
    assert intent["status"] == "requires_payment_method"
    assert [shown(row) for row in await house.attempts()] == [("alder", "declined", 1), ("birch", "declined", 2)]
    listed = (await charges.find(house.ctx, {"payment_intent": intent["id"]}))["data"]
    assert [one["failure_code"] for one in listed] == ["card_declined", "processing_error"]
    assert intent["last_payment_error"]["charge"] == intent["latest_charge"] == listed[0]["id"]
    control(house)
    again = await intents.confirm(house.ctx, intent["id"], {"payment_method": "pm_card_visa"})
    assert again["status"] == "succeeded"
    assert await house.broken() == set()


NEVER = ["04", "12", "13", "14", "41", "43", "54", "57", "59", "62", "94", "N0"]


async def test_a_hard_decline_is_never_tried_again_not_even_when_it_is_listed(postgres: Schema) -> None:
    async with house_over(postgres, FAILOVER_DECLINES=",".join(["06", *NEVER])) as house:
        for code in NEVER:
            control(house, alder={"match": [{**SOFT, "response_code": code}]})
            with pytest.raises(CardError):
                await house.pay()
        tried = await house.attempts()
        assert [row["connector"] for row in tried] == ["alder"] * len(NEVER)
        assert [row for row in await house.journal() if row["connector"] == "birch"] == []


async def test_mutation_without_the_rule_a_stolen_card_goes_to_the_next(
        postgres: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declines, "elsewhere", lambda why, code, codes: code in codes)
    async with house_over(postgres, FAILOVER_DECLINES="43") as house:
        control(house, alder={"match": [{**SOFT, "response_code": "43"}]})
        assert (await house.pay())["status"] == "succeeded"
        assert [row["connector"] for row in await house.attempts()] == ["alder", "birch"]


async def test_a_soft_decline_that_is_not_on_the_list_stays_where_it_is(house: House) -> None:
    for code in ("05", "51", "65", "82", "1A"):
        control(house, alder={"match": [{**SOFT, "response_code": code}]})
        with pytest.raises(CardError):
            await house.pay()
    assert [shown(row) for row in await house.attempts()] == [("alder", "declined", 1)] * 5


async def test_a_merchant_may_forbid_the_second_try(house: House) -> None:
    await environments.set_try_twice(house.ctx.runtime, house.ctx.env, False)
    control(house, alder={"match": [SOFT]})
    card = (await intents.create(house.ctx, {"amount": 900, "currency": "usd",
                                             "payment_method": "pm_card_visa"}))["payment_method"]
    with pytest.raises(CardError):
        await house.pay(card=card)
    assert [shown(row) for row in await house.attempts()] == [("alder", "declined", 1)]
    control(house)
    paid = await house.pay(card=card)
    charge = await charges.get(house.ctx, paid["latest_charge"])
    assert charge["payment_method_details"]["card"]["checks"]["cvc_check"] is None, "the code was wiped at once"


async def test_no_second_try_at_an_acquirer_that_is_sick(house: House) -> None:
    control(house, birch=silent())
    await asyncio.gather(*(house.pay(card="pm_card_amex") for _ in range(breaker.VOLUME_MIN)))
    assert (state(house, "alder"), state(house, "birch")) == ("closed", "open")
    control(house, alder={"match": [SOFT]})
    with pytest.raises(CardError) as told:
        await house.pay()
    assert len(await house.attempts(told.value.extra["payment_intent"]["id"])) == 1


SILENCES = ["approve_silent", "drop", "deliver_late", "approve_then_96", "error_91", "garbage", "half_message"]


@pytest.fixture
async def patient(postgres: Schema) -> AsyncIterator[House]:
    """On a machine that is busy with other things a message may wait a second before it is sent; what was not sent may
    well be tried elsewhere."""
    async with house_over(postgres, timeout=3.0) as made:
        yield made


async def test_after_silence_there_is_no_second_try(patient: House) -> None:
    house, made = patient, []
    for fault in SILENCES:
        house.calm()
        control(house, alder={"late_ms": 1500, "faults": {fault: 1.0}})
        made += await asyncio.gather(*(house.pay() for _ in range(5)))
    # A line that broke may leave the next message unsent, and that one was tried elsewhere: it met no silence.
    left = [row for row in await house.attempts() if row["status"] != "failed"]
    silent = {row["payment_id"] for row in left if row["number"] == 1}
    assert len(left) == len(made) < 2 * len(silent)
    assert {one["status"] for one in made if one["id"] in silent} == {"processing"}
    control(house)
    await asyncio.sleep(1)  # what is late arrives
    await house.settle()
    tried = [row for row in await house.attempts() if row["payment_id"] in silent]
    assert {(row["connector"], row["number"]) for row in tried} == {("alder", 1)}
    keys = {row["network_key"] for row in tried}
    assert {row["connector"] for row in await house.journal() if row["network_key"] in keys} == {"alder"}
    owner = {row["network_key"]: row["payment_id"] for row in await house.attempts()}
    taken = Counter(owner[row["network_key"]] for row in await house.sales())
    paid = {one["id"] for one in made if (await intents.get(house.ctx, one["id"]))["status"] == "succeeded"}
    assert taken == Counter(paid)
    assert await house.broken() == set()
    print(f"\n{len(made)} payments met silence: second tries 0, charged {len(paid)}, each once")


@pytest.mark.parametrize("wall", [True, False], ids=["the wall still holds", "and without the wall it is seen"])
async def test_mutation_a_second_try_after_silence(house: House, monkeypatch: pytest.MonkeyPatch, wall: bool) -> None:
    async def eager(ctx: Any, attempt: Any, answer: Any, others: list[str]) -> Any:
        return ctx.runtime.breakers.of(others[0]).enter()

    monkeypatch.setattr(failover, "_next", eager)
    if not wall:
        house.superuser("DROP INDEX pay.one_live_authorisation")
    control(house, alder={"faults": {"approve_silent": 1.0}})
    if wall:
        with pytest.raises(Locked):
            await house.pay()
        control(house)
        await house.settle()
        assert len(await house.sales()) == 1
        assert await house.broken() == set()
    else:
        assert (await house.pay())["status"] == "succeeded"
        assert len(await house.sales()) == 2
        assert {"P1"} <= await house.broken()


async def test_a_crash_between_the_two_tries_is_settled_by_asking(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    control(house, alder={"match": [SOFT]})
    send = engine.send

    async def die_at_the_second(ctx: Any, step: Any, attempt: Any, **more: Any) -> Any:
        if attempt.number == 2:
            raise SystemError("the process ends here")
        return await send(ctx, step, attempt, **more)

    with monkeypatch.context() as crash:
        crash.setattr(engine, "send", die_at_the_second)
        with pytest.raises(SystemError):
            await house.pay()
    assert [shown(row) for row in await house.attempts()] == [("alder", "declined", 1), ("birch", "sent", 2)]
    assert await house.settle() == 1
    assert [row["status"] for row in await house.attempts()] == ["declined", "failed"]
    assert await house.sales() == []
    assert await house.broken() == set()


# ---- an acquirer that cannot be reached


async def test_an_acquirer_that_cannot_be_reached_costs_nothing_but_a_moment(postgres: Schema) -> None:
    port = free_block(12)
    async with house_over(postgres, SANDBOX_PORT=str(port), ACQUIRERS=f"alder=127.0.0.1:1,birch=127.0.0.1:{port + 11}",
                          ) as house:
        paid = await house.pay()
        assert paid["status"] == "succeeded"
        assert [shown(row) for row in await house.attempts()] == [("alder", "failed", 1), ("birch", "approved", 2)]
        listed = (await charges.find(house.ctx, {"payment_intent": paid["id"]}))["data"]
        assert [one["status"] for one in listed] == ["succeeded"], "what never left is no charge"
        assert listed[0]["payment_method_details"]["card"]["checks"]["cvc_check"] == "pass"
        for _ in range(breaker.VOLUME_MIN):
            await house.pay()
        assert state(house, "alder") == "open"
        assert await house.broken() == set()


async def test_when_the_second_one_cannot_be_reached_the_decline_of_the_first_stands(postgres: Schema) -> None:
    port = free_block(12)
    async with house_over(postgres, SANDBOX_PORT=str(port), ACQUIRERS=f"alder=127.0.0.1:{port + 10},birch=127.0.0.1:1",
                          ) as house:
        house.vault.control(alder={"match": [SOFT]})
        house.ctx = replace(house.ctx, key=Key("once", b"1" * 32), request_id="req_1")
        with pytest.raises(CardError) as told:
            await house.pay()
        assert told.value.code == "processing_error"
        assert [shown(row) for row in await house.attempts()] == [("alder", "declined", 1), ("birch", "failed", 2)]
        intent = told.value.extra["payment_intent"]
        listed = (await charges.find(house.ctx, {"payment_intent": intent["id"]}))["data"]
        assert [one["id"] for one in listed] == [intent["last_payment_error"]["charge"]]
        with pytest.raises(idempotency.Replay) as again:
            await house.pay()
        assert again.value.answer.status == 402
        assert await house.broken() == set()


async def test_our_own_vault_being_away_is_no_acquirers_fault(house: House) -> None:
    card = await house.saved()
    await house.pay(**card)
    assert house.vault.vault is not None
    house.vault.vault.kill()
    house.vault.vault.wait()
    for _ in range(breaker.VOLUME_MIN):
        with pytest.raises(ApiError):
            await house.pay(**card)
    assert (state(house, "alder"), state(house, "birch")) == ("closed", "closed")
    assert {row["connector"] for row in await house.attempts()} == {"alder"}
