"""The secret of an endpoint is rolled by the API while payments go on; the official library checks each delivery."""

import asyncio
import time
from collections.abc import Callable

import pytest
import stripe

from backend.webhooks.endpoints import SECRETS_MAX
from tests.conformance import clients
from tests.receivers import Received, Receiver

PAYERS, PAUSE_SECONDS, OVERLAP_SECONDS = 4, 0.1, 6


@pytest.fixture(scope="module")
def official(stack):
    return clients.client(stack)


async def run(function, *arguments, **more):
    return await asyncio.to_thread(function, *arguments, **more)


async def roll(official, id: str, **params) -> dict:
    answer = await run(official.raw_request, "post", f"/v1/webhook_endpoints/{id}/roll_secret", **params)
    return dict(answer.data)


def good(one: Received, secret: str) -> bool:
    """What the official verifier says of a delivery."""
    try:
        return bool(stripe.WebhookSignature.verify_header(one.body.decode(), one.headers["stripe-signature"], secret))
    except stripe.SignatureVerificationError:
        return False


def sent_at(one: Received) -> int:
    return int(one.headers["stripe-signature"].partition(",")[0].removeprefix("t="))


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(120):
        while not true():
            await asyncio.sleep(0.1)


async def test_a_secret_rolls_under_load_and_no_delivery_is_refused(official):
    async with Receiver() as receiver:
        api, done = official.v1, asyncio.Event()
        made = await run(api.webhook_endpoints.create, {"url": receiver.url, "enabled_events": ["*"]})

        async def pay() -> None:
            while not done.is_set():
                await run(api.payment_intents.create, {"amount": 700, "currency": "usd", "confirm": True,
                                                       "payment_method": "pm_card_visa"})
                await asyncio.sleep(PAUSE_SECONDS)

        payers = [asyncio.create_task(pay()) for _ in range(PAYERS)]
        try:
            await until(lambda: receiver.received)
            before = time.time()
            rolled = await roll(official, made.id, expires_in=OVERLAP_SECONDS)
            after = time.time()
            await until(lambda: time.time() > after + OVERLAP_SECONDS + 2)
            await until(lambda: sent_at(receiver.received[-1]) > after + OVERLAP_SECONDS + 1)
        finally:
            done.set()
            await asyncio.gather(*payers)
            await run(api.webhook_endpoints.delete, made.id)
    assert rolled["id"] == made.id
    assert rolled["secret"] not in ("", made.secret)
    old, both, new = [], [], []
    for one in receiver.received:  # what was sent within a second of a change may still be, or already be, either
        at = sent_at(one)
        if at < before - 1:
            old.append(one)
        elif after + 1 < at < before + OVERLAP_SECONDS - 1:
            both.append(one)
        elif at > after + OVERLAP_SECONDS + 1:
            new.append(one)
        assert good(one, made.secret) or good(one, rolled["secret"])
    print(f"\n{len(receiver.received)} deliveries, {len(both)} of them with two signatures, refused 0")
    assert both
    assert new
    assert all(good(one, made.secret) for one in old + both)
    assert all(good(one, rolled["secret"]) for one in both + new)
    assert not any(good(one, rolled["secret"]) for one in old)
    assert not any(good(one, made.secret) for one in new)


async def test_rolling_is_idempotent_bounded_and_shows_the_secret_once(official):
    api = official.v1
    made = await run(api.webhook_endpoints.create, {"url": "http://127.0.0.1:9/", "enabled_events": ["*"]})
    first = await roll(official, made.id, idempotency_key=f"roll-{made.id}")
    again = await roll(official, made.id, idempotency_key=f"roll-{made.id}")
    assert first == again
    assert "secret" not in (await run(api.webhook_endpoints.retrieve, made.id)).to_dict()
    for _ in range(SECRETS_MAX - 2):
        await roll(official, made.id)
    with pytest.raises(stripe.InvalidRequestError, match="still sign") as refused:
        await roll(official, made.id)
    assert refused.value.param == "expires_in"
    assert (await roll(official, made.id, expires_in=0))["secret"].startswith("whsec_")
    assert (await roll(official, made.id))["secret"].startswith("whsec_")  # all but one had ended
    await run(api.webhook_endpoints.delete, made.id)


@pytest.mark.parametrize("seconds", ["-1", "604801", "soon"])
async def test_what_is_wrong_with_a_roll_is_named(official, seconds):
    made = await run(official.v1.webhook_endpoints.create, {"url": "http://127.0.0.1:9/", "enabled_events": ["*"]})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await roll(official, made.id, expires_in=seconds)
    assert (refused.value.http_status, refused.value.param) == (400, "expires_in")
    await run(official.v1.webhook_endpoints.delete, made.id)
    with pytest.raises(stripe.InvalidRequestError) as gone:
        await roll(official, made.id)
    assert gone.value.http_status == 404
