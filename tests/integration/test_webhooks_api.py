"""/v1/webhook_endpoints and /v1/events with the official client against the real application over a socket."""

import asyncio

import pytest
import stripe
import uvicorn

from api import app
from backend.accounts import api_keys
from tests.desk import desk


@pytest.fixture
async def shop(postgres, tmp_path):
    async with desk(postgres, tmp_path) as opened:
        yield opened


@pytest.fixture
async def client(shop):
    async with shop.runtime.db.everywhere() as tx:
        key = await api_keys.create(tx, shop.ctx.env, "secret")
    server = uvicorn.Server(uvicorn.Config(app.create(shop.runtime), port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield stripe.StripeClient(key, base_addresses={"api": f"http://127.0.0.1:{port}"}, max_network_retries=0)
    server.should_exit = True
    await task


async def run(function, *arguments):
    return await asyncio.to_thread(function, *arguments)


async def test_the_official_client_manages_endpoints(client):
    hooks = client.v1.webhook_endpoints
    made = await run(hooks.create, {"url": "https://example.com/hook", "enabled_events": ["charge.succeeded", "*"],
                                    "description": "orders", "metadata": {"a": "b"}})
    assert made.secret.startswith("whsec_")
    assert made.status == "enabled"
    changed = await run(hooks.update, made.id, {"disabled": True, "metadata": {"a": "", "c": "d"}})
    assert (changed.status, changed.metadata.to_dict()) == ("disabled", {"c": "d"})
    changed = await run(hooks.update, made.id, {"disabled": False, "url": "https://example.com/other"})
    assert (changed.status, changed.url) == ("enabled", "https://example.com/other")
    again = await run(hooks.retrieve, made.id)
    assert "secret" not in again.to_dict()
    assert [one.id for one in (await run(hooks.list)).data] == [made.id]
    assert (await run(hooks.delete, made.id)).deleted
    with pytest.raises(stripe.InvalidRequestError) as gone:
        await run(hooks.retrieve, made.id)
    assert gone.value.http_status == 404


@pytest.mark.parametrize(("params", "param"), [
    ({"url": "http://169.254.169.254/", "enabled_events": ["*"]}, "url"),
    ({"url": "https://example.com/", "enabled_events": ["charge.suceeded"]}, "enabled_events[0]"),
    ({"url": "https://example.com/", "enabled_events": ["*"], "api_version": "2019-01-01"}, "api_version"),
    ({"url": "https://example.com/"}, "enabled_events"),
    ({"enabled_events": ["*"]}, "url"),
])
async def test_what_is_wrong_is_named(client, params, param):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await run(client.v1.webhook_endpoints.create, params)
    assert (refusal.value.http_status, refusal.value.param) == (400, param)


async def test_the_official_client_reads_events(client, shop):
    first, second = await shop.happen("charge.succeeded"), await shop.happen("charge.refunded")
    listed = await run(client.v1.events.list, {"limit": 10})
    assert {one.id for one in listed.data} == {first, second}
    listed = await run(client.v1.events.list, {"types": ["charge.refunded"]})
    assert [one.id for one in listed.data] == [second]
    now = int(shop.clock.now().timestamp())
    assert (await run(client.v1.events.list, {"created": {"gt": now}})).data == []
    event = await run(client.v1.events.retrieve, first)
    assert (event.type, event.data.object["name"], event.livemode) == ("charge.succeeded", "Zoë ☂", False)


async def test_card_numbers_are_refused_in_a_description(client):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await run(client.v1.webhook_endpoints.create, {
            "url": "https://example.com/", "enabled_events": ["*"], "description": "4242 4242 4242 4242"})
    assert refusal.value.param == "description"
