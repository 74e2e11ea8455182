"""The end of a 3-D Secure challenge while something else happens to the payment or to the bank."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from backend.payments import authentications, intents
from backend.setups import authentications as setup_authentications
from backend.setups import setup_intents
from checkout import app
from tests.house import House, Row, house_over
from tests.stack import Schema

CARD = "pm_card_threeDSecure2Required"


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres) as made:
        yield made


async def _challenged(house: House) -> tuple[Row, str]:
    """A payment that waits for its payer, and the id of the challenge."""
    made = await house.pay(card=CARD, return_url="https://shop.example/back")
    assert made["status"] == "requires_action"
    return made, _challenge(made)


def _challenge(intent: Row) -> str:
    return str(intent["next_action"]["redirect_to_url"]["url"]).rsplit("/", 1)[-1].split("?")[0]


async def _approve(house: House, found: Row) -> None:
    """The payer's part: the bank's page, and its button."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        here = f"http://127.0.0.1:{house.vault.settings.sandbox_port}"
        page = await client.post(f"{here}/acs/challenge", data={"creq": found["creq"]})
        assert page.status_code == 200, page.text
        action = page.text.split('action="/acs/')[1].split('"')[0]
        assert (await client.post(f"{here}/acs/{action}", data={"action": "complete"})).status_code == 303


def _disturbed(monkeypatch: pytest.MonkeyPatch, disturb: Any) -> None:
    """Right after the bank's answer is read, and before it is used, something happens: twice, then no more."""
    ask, left = authentications.result, [None, None]

    async def result(*args: Any) -> Row:
        told = await ask(*args)
        if left:
            left.pop()
            await disturb()
        return told

    monkeypatch.setattr(authentications, "result", result)


@pytest.mark.parametrize("end", ["complete", "abandon"])
async def test_a_change_of_the_payment_meanwhile_does_not_lose_its_end(
        house: House, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    made, id = await _challenged(house)
    if end == "complete":
        await _approve(house, await authentications.get(house.ctx.runtime, id))
    seen: list[str] = []

    async def disturb() -> None:
        seen.append("once")
        await intents.update(house.ctx, made["id"], {"metadata": {"order": str(len(seen))}})

    _disturbed(monkeypatch, disturb)
    done = await getattr(authentications, end)(house.ctx.runtime, id)
    assert seen == ["once", "once"]
    assert done["status"] == {"complete": "succeeded", "abandon": "requires_payment_method"}[end]
    assert done["metadata"] == {"order": "2"}
    assert len(await house.sales()) == (1 if end == "complete" else 0)


@pytest.mark.parametrize("end", ["complete", "abandon"])
async def test_a_change_of_the_setup_meanwhile_does_not_lose_its_end(
        house: House, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    made = await setup_intents.create(house.ctx, {"payment_method": CARD, "confirm": True,
                                                  "return_url": "https://shop.example/back"})
    id = _challenge(made)
    if end == "complete":
        await _approve(house, await setup_authentications.get(house.ctx.runtime, id))
    seen: list[str] = []

    async def disturb() -> None:
        seen.append("once")
        await setup_intents.update(house.ctx, made["id"], {"metadata": {"order": str(len(seen))}})

    _disturbed(monkeypatch, disturb)
    done = await getattr(setup_authentications, end)(house.ctx.runtime, id)
    assert seen == ["once", "once"]
    assert done["status"] == {"complete": "succeeded", "abandon": "requires_payment_method"}[end]


async def test_a_bank_that_is_away_for_a_moment_leaves_the_payer_a_way_on(house: House) -> None:
    made, id = await _challenged(house)
    await _approve(house, await authentications.get(house.ctx.runtime, id))
    transport = httpx2.ASGITransport(app.create(house.ctx.runtime))
    async with httpx2.AsyncClient(transport=transport, base_url="http://pay.localhost") as client:
        assert house.vault.vault
        house.vault.vault.terminate()
        house.vault.vault.wait(30)
        told = await client.post(f"/3ds/{id}/complete")
        # the frame tells the page around it, which asks how the payment stands and offers the check again
        assert (told.status_code, f'data-auth="{id}"' in told.text) == (200, True), told.text
        assert (await intents.get(house.ctx, made["id"]))["status"] == "requires_action"
        house.vault.start_vault()
        assert (await client.post(f"/3ds/{id}/complete")).status_code == 200
    assert (await intents.get(house.ctx, made["id"]))["status"] == "succeeded"
    assert len(await house.sales()) == 1
