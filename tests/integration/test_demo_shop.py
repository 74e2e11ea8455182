"""The demo shop believes signed webhooks only, and what it has set up it finds again."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from sandbox.shop import app, goods
from sandbox.shop.opening import EVENTS, Shop
from tests.stack import Stack, temporary_folder


@pytest.fixture(scope="module")
def browser(stack: Stack) -> Iterator[httpx2.Client]:
    """A shopper's browser."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{stack.shop_port}", trust_env=False, timeout=30) as one:
        assert one.get("/").status_code == 200
        yield one


@pytest.fixture
def shop(stack: Stack) -> Iterator[Shop]:
    """The shop as another process would open it on the same folder."""
    found = on_the_folder(stack)
    yield found
    found.farthing.close()


def on_the_folder(stack: Stack) -> Shop:
    found = app.create(stack.places.data, stack.shop_port, stack.values["shop_url"]).state.shop
    assert isinstance(found, Shop)
    return found


def ordered(browser: httpx2.Client, shop: Shop) -> dict[str, Any]:
    """A new order that waits for the card fields."""
    answer = browser.post("/goods/pen/buy", data={"way": "here"})
    assert answer.status_code == 303, answer.text
    order = shop.store.order(answer.headers["location"].split("/")[2])
    assert order is not None
    return order


def event(order: dict[str, Any], **changes: Any) -> bytes:
    """What Farthing says of a payment that succeeded."""
    thing = {"object": "payment_intent", "id": order["intent"], "amount_received": order["amount"], "currency": "usd",
             "metadata": {"order": order["id"]}} | changes
    return json.dumps({"id": f"evt_{time.monotonic_ns()}", "type": "payment_intent.succeeded", "livemode": False,
                       "data": {"object": thing}}).encode()


def signed(body: bytes, secret: str, at: float | None = None) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    code = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={stamp},v1={code}"}


def test_a_forged_webhook_fulfils_nothing(browser: httpx2.Client, shop: Shop) -> None:
    order, secret = ordered(browser, shop), shop.endpoint["secret"]
    body = event(order)
    forged = [{}, {"Stripe-Signature": "t=,v1="}, signed(body, "whsec_guessed"), signed(body, ""),
              signed(body, secret, time.time() - 400), signed(event(order), secret),
              {"Stripe-Signature": signed(body, secret)["Stripe-Signature"].replace("v1=", "v0=")}]
    assert [browser.post("/webhooks", content=body, headers=one).status_code for one in forged] == [400] * len(forged)
    browser.get(f"/orders/{order['id']}?redirect_status=succeeded&payment_intent={order['intent']}")
    assert shop.store.order(order["id"]) == order
    assert shop.store.events(order["id"]) == []
    assert browser.post("/webhooks", content=body, headers=signed(body, secret)).status_code == 200
    assert (shop.store.order(order["id"]) or {})["state"] == "fulfilled"


@pytest.mark.parametrize("wrong", [{"amount_received": 1}, {"currency": "jpy"}])
def test_what_is_not_the_price_packs_nothing(browser: httpx2.Client, shop: Shop, wrong: dict[str, Any]) -> None:
    order = ordered(browser, shop)
    body = event(order, **wrong)
    assert browser.post("/webhooks", content=body, headers=signed(body, shop.endpoint["secret"])).status_code == 200
    assert shop.store.order(order["id"]) == order
    assert [one["did"] for one in shop.store.events(order["id"])] == [
        "This is not what the order costs: nothing was packed."]


def test_an_event_that_comes_twice_counts_once(browser: httpx2.Client, shop: Shop) -> None:
    order = ordered(browser, shop)
    body = event(order)
    for _ in range(2):
        browser.post("/webhooks", content=body, headers=signed(body, shop.endpoint["secret"]))
    assert len(shop.store.events(order["id"])) == 1


def test_an_order_is_its_shoppers_and_no_other_site_buys_for_them(stack: Stack, browser: httpx2.Client,
                                                                  shop: Shop) -> None:
    order = ordered(browser, shop)
    with httpx2.Client(base_url=browser.base_url, trust_env=False) as other:
        assert other.get(f"/orders/{order['id']}").status_code == 404
    before = len(shop.store.orders())
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        assert browser.post("/goods/pen/buy", data={"way": "here"}, headers=headers).status_code == 403
    assert browser.post("/goods/pen/buy", data={"card": "pm_card_visa"}).status_code == 404
    assert len(shop.store.orders()) == before
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_a_later_process_finds_what_an_earlier_one_made(browser: httpx2.Client, stack: Stack, shop: Shop) -> None:
    shop.open()
    endpoint, link, prices = shop.endpoint, shop.link, goods.prices(shop.farthing)
    assert len(prices) == len(goods.SHELVES)
    later = on_the_folder(stack)
    later.open()
    assert (later.endpoint, later.link) == (endpoint, link)
    assert [set(one["enabled_events"]) for one in listening(later)] == [set(EVENTS)]
    assert goods.prices(later.farthing) == prices
    later.farthing.close()


def test_an_endpoint_whose_secret_was_lost_makes_way_for_another(browser: httpx2.Client, shop: Shop) -> None:
    before = shop.endpoint
    shop.store.write("DELETE FROM kept WHERE name = ?", "endpoint")
    shop.open()
    assert shop.endpoint["secret"] != before["secret"]
    assert [one["id"] for one in listening(shop)] == [shop.endpoint["id"]]


def listening(shop: Shop) -> list[dict[str, Any]]:
    return [one for one in shop.farthing.get("/v1/webhook_endpoints", {"limit": "100"})["data"]
            if one["url"] == shop.hook]


async def test_a_key_that_moves_real_money_opens_no_shop() -> None:
    with temporary_folder() as folder:
        folder.mkdir()
        (folder / "sandbox.json").write_text(json.dumps({"secret_key": "sk_live_1", "api_base": "http://localhost:1"}))
        site = httpx2.ASGITransport(app=app.create(folder, 1, "http://shop.localhost:1"))
        async with httpx2.AsyncClient(transport=site, base_url="http://shop.localhost:1") as visitor:
            answer = await visitor.get("/")
    assert answer.status_code == 503
    assert "sells nothing for real money" in answer.text
