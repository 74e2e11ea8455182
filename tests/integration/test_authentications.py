"""The end of a 3-D Secure challenge while something else happens to the payment or to the bank."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest

from backend.authentications import three_d_secure
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


async def _setup(house: House) -> tuple[Row, str]:
    made = await setup_intents.create(house.ctx, {"payment_method": CARD, "confirm": True,
                                                  "return_url": "https://shop.example/back"})
    return made, _challenge(made)


def _disturbed(monkeypatch: pytest.MonkeyPatch, disturb: Callable[[int], Awaitable[Any]]) -> list[int]:
    """Right after the bank's answer is read, and before it is used, something happens: twice, then no more."""
    ask, seen = three_d_secure.result, list[int]()

    async def result(*args: Any) -> Row:
        told = await ask(*args)
        if len(seen) < 2:
            seen.append(len(seen) + 1)
            await disturb(seen[-1])
        return told

    monkeypatch.setattr(three_d_secure, "result", result)
    return seen


@pytest.mark.parametrize("end", ["complete", "abandon"])
@pytest.mark.parametrize(("begin", "verbs", "challenges"), [
    (_challenged, intents, authentications), (_setup, setup_intents, setup_authentications)], ids=["payment", "setup"])
async def test_a_change_meanwhile_does_not_lose_the_end(house: House, monkeypatch: pytest.MonkeyPatch, begin: Any,
                                                        verbs: Any, challenges: Any, end: str) -> None:
    made, id = await begin(house)
    if end == "complete":
        await _approve(house, await challenges.get(house.ctx.runtime, id))
    seen = _disturbed(monkeypatch, lambda number: verbs.update(house.ctx, made["id"],
                                                               {"metadata": {"order": str(number)}}))
    done = await getattr(challenges, end)(house.ctx.runtime, id)
    assert seen == [1, 2]
    assert done["status"] == {"complete": "succeeded", "abandon": "requires_payment_method"}[end]
    assert done["metadata"] == {"order": "2"}
    assert len(await house.sales()) == (1 if (end, verbs) == ("complete", intents) else 0)


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
