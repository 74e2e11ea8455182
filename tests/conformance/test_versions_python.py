"""Callers and webhook endpoints of older API versions see the forms of their version."""

import asyncio
import json

import pytest
import stripe

from tests.conformance import clients
from tests.receivers import Receiver
from tests.stack import Stack

OLD = "2020-08-27"


def _answer(stack: Stack, method: str, path: str, version: str, **form: str) -> dict:
    with clients.http(stack) as http:
        answer = http.request(method, path, data=form, headers={"Stripe-Version": version}) if form else \
            http.request(method, path, headers={"Stripe-Version": version})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Stripe-Version"] == version
    return answer.json()


def test_an_old_caller_sees_charges_and_refunds_in_its_payment(stack: Stack) -> None:
    form = {"amount": "1500", "currency": "usd", "confirm": "true", "payment_method": "pm_card_visa"}
    made = _answer(stack, "POST", "/v1/payment_intents", OLD, **form)
    assert (made["capture_method"], made["payment_method_types"], made["invoice"]) == ("automatic", ["card"], None)
    assert [one["id"] for one in made["charges"]["data"]] == [made["latest_charge"]]
    assert made["charges"]["data"][0]["refunds"]["data"] == []
    assert "allowed_payment_method_types" not in made
    seen = _answer(stack, "GET", f"/v1/payment_intents/{made['id']}", "2024-06-20")
    assert "charges" not in seen
    assert seen["invoice"] is None
    newest = _answer(stack, "GET", f"/v1/payment_intents/{made['id']}", stripe.api_version)
    assert "invoice" not in newest
    assert made["automatic_payment_methods"] is None
    today = _answer(stack, "POST", "/v1/payment_intents", stripe.api_version, amount="1500", currency="usd")
    assert today["automatic_payment_methods"] == {"allow_redirects": "always", "enabled": True}


@pytest.mark.parametrize("version", ["2020-08-27", "2022-11-15", "2023-10-16", "2024-06-20", "2025-03-31.basil"])
def test_the_official_client_may_ask_in_an_older_version(stack: Stack, version: str) -> None:
    client = stripe.StripeClient(stack.secret_key, base_addresses={"api": stack.api_base}, stripe_version=version)
    paid = client.v1.payment_intents.create({"amount": 700, "currency": "eur", "payment_method": "pm_card_visa",
                                             "confirm": True})
    assert client.v1.payment_intents.list({"limit": 1}).data[0].id == paid.id
    assert client.v1.refunds.create({"payment_intent": paid.id}).status == "succeeded"


def test_a_replay_is_equal_in_an_older_version_too(stack: Stack) -> None:
    with clients.http(stack) as http:
        headers = {"Stripe-Version": OLD, "Idempotency-Key": "version-replay-1"}
        form = {"amount": "1500", "currency": "usd"}
        first, again = (http.post("/v1/payment_intents", data=form, headers=headers) for _ in range(2))
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.content == again.content


async def test_an_endpoint_with_a_version_of_its_own_gets_events_in_it(stack: Stack) -> None:
    client = clients.client(stack).v1
    async with Receiver() as receiver:
        made = await asyncio.to_thread(client.webhook_endpoints.create, {
            "url": receiver.url, "enabled_events": ["payment_intent.succeeded"], "api_version": "2022-08-01"})
        try:
            paid = await asyncio.to_thread(client.payment_intents.create, {
                "amount": 2100, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True})
            for _ in range(400):
                got = [one for one in receiver.received if json.loads(one.body)["data"]["object"]["id"] == paid.id]
                if got:
                    break
                await asyncio.sleep(0.05)
            stripe.Webhook.construct_event(got[0].body, got[0].headers["stripe-signature"], made.secret)
            event = json.loads(got[0].body)
            assert event["api_version"] == "2022-08-01"
            assert event["data"]["object"]["charges"]["data"][0]["id"] == paid.latest_charge
            assert "allowed_payment_method_types" not in event["data"]["object"]
        finally:
            await asyncio.to_thread(client.webhook_endpoints.delete, made.id)
