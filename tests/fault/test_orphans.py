"""Messages that an acquirer knows and we do not: adopted by their payment, or undone, or left for a person."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from backend.crypto import network_key
from backend.payments import intents, steps
from backend.reconciliation import orphans
from tests import books
from tests.house import House, house_over
from tests.stack import Schema


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=1.5) as made:
        yield made


async def _send(house: House, op: str, key: str, token: str = "", original: str = "", amount: int = 1000) -> None:
    """A message of which nothing is written down here, as if a restore had forgotten it."""
    fields: dict[str, Any] = {"connector": "alder", "key": key, "amount": amount, "currency": "usd"}
    if op == "authorize":
        fields |= {"env": house.ctx.env, "token": token, "capture": True, "merchant_id": "m", "merchant_name": "Test",
                   "three_d_secure": None}
    else:
        fields["original_key"] = original
    answer = await house.ctx.runtime.link.call(op, 5, **fields)
    assert answer["outcome"] == "approved"


async def _settle(house: House) -> orphans.Report:
    def listing() -> list[dict[str, Any]]:
        with httpx2.Client(trust_env=False) as client:
            rows: list[dict[str, Any]] = client.get(
                f"http://127.0.0.1:{house.vault.settings.sandbox_port}/journal").json()
            return rows

    return await orphans.settle(house.ctx.runtime, house.vault.urls.owner, house.vault.urls.auditor, listing)


async def test_a_lost_attempt_is_adopted_under_its_own_number(house: House) -> None:
    intent = await house.pay(confirm=False)
    key = network_key(house.ctx.runtime.network_secret, house.ctx.env, intent["id"], "sale", 3)  # 1 and 2 never left
    await _send(house, "authorize", key, intent["payment_method"])
    assert (await _settle(house)).actions == {"adopted": 1}
    now = await intents.get(house.ctx, intent["id"])
    assert (now["status"], now["amount_received"]) == ("succeeded", 1000)
    assert [(row["number"], row["network_key"], row["status"]) for row in await house.attempts()] == [
        (3, key, "approved")]
    step = await steps.read(house.ctx, intent["id"])
    assert step is not None
    assert step.attempts == 3  # the next message gets a number, and so a key, that was never used
    assert await house.broken() == set()
    assert (await _settle(house)).orphans == 0


async def test_lost_increments_and_parts_are_adopted_in_their_order(house: House) -> None:
    held = await house.pay(capture_method="manual", payment_method_options={"card": {
        "request_incremental_authorization": "if_available", "request_multicapture": "if_available"}})
    won = (await house.attempts())[0]
    secret = house.ctx.runtime.network_secret
    for number, (kind, amount, more) in enumerate((
            ("increment", 500, {}), ("capture", 300, {"final": False}), ("increment", 200, {}),
            ("capture", 400, {"final": False})), 2):
        answer = await house.ctx.runtime.link.call(
            kind, 5, connector=won["connector"], key=network_key(secret, house.ctx.env, held["id"], kind, number),
            original_key=won["network_key"], amount=amount, currency="usd", **more)
        assert answer["outcome"] == "approved"
    assert (await _settle(house)).actions == {"adopted": 4}
    now = await intents.get(house.ctx, held["id"])
    assert (now["status"], now["amount"], now["amount_capturable"], now["amount_received"]) == (
        "requires_capture", 1700, 1000, 700)
    assert await house.broken() == set()
    assert (await intents.capture(house.ctx, held["id"], {}))["amount_received"] == 1700
    assert await house.broken() == set()


async def test_increments_and_parts_of_a_payment_that_nobody_knows_go_back(house: House) -> None:
    card = (await house.pay(confirm=False))["payment_method"]
    first, *rest = [secrets.token_hex(32) for _ in range(4)]
    asked: dict[str, Any] = {"connector": "alder", "currency": "usd"}
    await house.ctx.runtime.link.call("authorize", 5, key=first, amount=1000, env=house.ctx.env, token=card,
                                      capture=False, merchant_id="m", merchant_name="T", three_d_secure=None, **asked)
    for key, kind, amount in zip(rest, ("increment", "capture", "capture"), (500, 300, 700), strict=True):
        answer = await house.ctx.runtime.link.call(kind, 5, key=key, original_key=first, amount=amount, **asked,
                                                   **({} if kind == "increment" else {"final": False}))
        assert answer["outcome"] == "approved"
    report = await _settle(house)
    assert (dict(report.actions), report.clean) == ({"undone": 4}, True)
    assert await house.broken() == set()


async def test_money_of_a_payment_that_nobody_knows_goes_back(house: House) -> None:
    card = (await house.pay(confirm=False))["payment_method"]
    sale, part = secrets.token_hex(32), secrets.token_hex(32)
    await _send(house, "authorize", sale, card)
    await _send(house, "refund", part, original=sale, amount=300)
    assert {"P8", "L11"} <= await house.broken()
    report = await _settle(house)
    assert (dict(report.actions), report.clean) == ({"undone": 2}, True)
    assert books.charged(await house.journal()) == {}
    assert await house.broken() == set()


async def test_what_cannot_be_cancelled_any_more_is_refunded(house: House) -> None:
    card = (await house.pay(confirm=False))["payment_method"]
    await _send(house, "authorize", secrets.token_hex(32), card)
    house.vault.control(match=[{"fault": "decline", "kind": "cancel", "response_code": "12"}])
    assert (await _settle(house)).actions == {"refunded": 1}
    assert +books.charged(await house.journal()) == {}
    assert await house.broken() == set()


async def test_what_cannot_be_undone_is_for_a_person_and_tried_again(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans, "_DEADLINE_SECONDS", 0.5)
    card = (await house.pay(confirm=False))["payment_method"]
    await _send(house, "authorize", secrets.token_hex(32), card)
    house.vault.control(kinds=["cancel", "refund"], faults={"drop": 1.0})
    report = await _settle(house)
    assert (dict(report.actions), report.clean, report.difference) == ({"person": 1}, False, {"usd": -1000})
    assert {"P8", "L11"} <= await house.broken()
    house.vault.control(reset=True)
    assert (await _settle(house)).actions == {"undone": 1}
    assert await house.broken() == set()
