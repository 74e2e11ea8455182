"""Keeping a card asks its issuer first: a card that would be declined cannot be attached, and no money moves."""

import httpx2
import pytest

from tests.stack import Stack


async def _attach(stack: Stack, alias: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=stack.api_base, auth=(stack.secret_key, ""), trust_env=False) as client:
        customer = (await client.post("/v1/customers", data={"email": "keep@example.com"})).json()["id"]
        return await client.post(f"/v1/payment_methods/{alias}/attach", data={"customer": customer})


@pytest.mark.parametrize(("alias", "code", "decline_code"), [
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
])
async def test_a_card_that_is_declined_cannot_be_attached(stack: Stack, alias: str, code: str,
                                                          decline_code: str | None) -> None:
    answer = await _attach(stack, alias)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (402, "card_error", code)
    assert error.get("decline_code") == decline_code


@pytest.mark.parametrize("alias", ["pm_card_visa", "pm_card_amex", "pm_card_chargeCustomerFail",
                                   "pm_card_authenticationRequired"])
async def test_other_cards_are_attached_and_nothing_is_charged(stack: Stack, alias: str) -> None:
    answer = await _attach(stack, alias)
    assert answer.status_code == 200, answer.text
    assert answer.json()["customer"].startswith("cus_")


async def test_a_card_that_attaches_may_still_fail_its_charge(stack: Stack) -> None:
    kept = (await _attach(stack, "pm_card_chargeCustomerFail")).json()
    async with httpx2.AsyncClient(base_url=stack.api_base, auth=(stack.secret_key, ""), trust_env=False) as client:
        answer = await client.post("/v1/payment_intents", data={
            "amount": "1500", "currency": "usd", "customer": kept["customer"], "payment_method": kept["id"],
            "confirm": "true"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "card_declined")
