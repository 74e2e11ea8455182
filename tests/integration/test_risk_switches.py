"""TEST_RISK: the test cards whose outcome follows the merchant's risk settings find them switched on."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.config import RISK_SWITCHES, Settings
from backend.disputes import disputes
from backend.errors import CardError, InvalidRequest
from backend.payments import charges
from backend.setups import setup_intents
from tests.house import House, house_over
from tests.stack import Schema

Row = dict[str, Any]
PREVENTED = {"createRapidDisputeResolutionDispute": "resolution", "createCe3BlockDispute": "block",
             "createEthocaAlert": "resolution"}


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=5, TEST_RISK=", ".join(sorted(RISK_SWITCHES))) as made:
        yield made


async def _dispute(house: House, card: str) -> tuple[Row, Row]:
    paid = await house.pay(2000, f"pm_card_{card}")
    found, = (await disputes.find(house.ctx, {"payment_intent": paid["id"]}))["data"]
    return found, await charges.get(house.ctx, paid["latest_charge"])


async def test_what_is_switched_on_is_seen(house: House) -> None:
    for card, how in PREVENTED.items():
        found, charge = await _dispute(house, card)
        assert (found["status"], found["payment_method_details"]["card"]["case_type"]) == ("prevented", how)
        assert (found["reason"], charge["disputed"]) == ("fraudulent", True)
        with pytest.raises(InvalidRequest, match="its status is prevented"):
            async with house.ctx.transaction() as tx:
                await disputes.update(house.ctx, tx, found["id"], {"evidence": {"customer_name": "Ada"}})
    other, _ = await _dispute(house, "createDispute")
    assert other["status"] == "needs_response"

    asked = await house.pay(2000, "pm_card_adaptive3dsChallenge")
    assert (asked["status"], asked["next_action"]["type"]) == ("requires_action", "use_stripe_sdk")
    setup = await setup_intents.create(house.ctx, {"payment_method": "pm_card_adaptive3dsChallenge", "confirm": True})
    assert setup["status"] == "requires_action"

    with pytest.raises(CardError) as blocked:
        await house.pay(2000, "pm_card_radarDynamicRiskThreshold")
    charge = await charges.get(house.ctx, blocked.value.extra["charge"])
    assert {name: charge["outcome"][name] for name in ("type", "reason", "risk_level", "network_status")} == {
        "type": "blocked", "reason": "elevated_risk_level", "risk_level": "elevated",
        "network_status": "not_sent_to_network"}

    paid = await house.pay(2000, "pm_card_riskLevelHighest")
    charge = await charges.get(house.ctx, paid["latest_charge"])
    assert (paid["status"], charge["outcome"]["risk_level"]) == ("succeeded", "highest")
    with pytest.raises(CardError):
        await house.pay(2000, "pm_card_radarBlock")
    assert await house.broken() == set()


def test_a_switch_that_is_not_known_is_named() -> None:
    with pytest.raises(ValueError, match="TEST_RISK does not know magic; it is a list of adaptive_3ds"):
        Settings.model_validate({"TEST_RISK": "adaptive_3ds,magic"})
