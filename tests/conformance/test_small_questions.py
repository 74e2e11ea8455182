"""The wire's small questions, each as docs/decisions/small-questions-of-the-wire.md decides it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from tests.conformance import clients
from tests.conformance.test_said_once import SESSION
from tests.stack import Stack


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Iterator[httpx2.Client]:
    with clients.http(stack) as http:
        yield http


def test_the_sessions_id_is_filled_in_when_the_shopper_goes_back(shop: httpx2.Client) -> None:
    session = shop.post("/v1/checkout/sessions", data=SESSION | {
        "cancel_url": "https://example.com/cart?session={CHECKOUT_SESSION_ID}"}).raise_for_status().json()
    with clients.Shopper() as shopper:
        assert shopper.open(session["url"]).status_code == 200
        assert f'href="https://example.com/cart?session={session["id"]}"' in shopper.page
        shop.post(f"/v1/checkout/sessions/{session['id']}/expire").raise_for_status()
        assert shopper.open(session["url"]).status_code == 410
        assert f'href="https://example.com/cart?session={session["id"]}"' in shopper.page


def test_the_next_index_of_metadata_is_a_name(shop: httpx2.Client) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    made = shop.post("/v1/customers", content="metadata[]=1&metadata[]=2", headers=form).raise_for_status().json()
    assert made["metadata"] == {"0": "1", "1": "2"}


def test_what_an_earlier_payment_left_in_the_return_url_is_replaced(shop: httpx2.Client) -> None:
    left = "payment_intent=pi_old&redirect_status=succeeded&payment_intent_client_secret=old&cart=7&a=1&a=2"
    made: Any = shop.post("/v1/payment_intents", data={
        "amount": "500", "currency": "usd", "payment_method": "pm_card_authenticationRequired", "confirm": "true",
        "return_url": f"https://merchant.example/back?{left}#top"}).raise_for_status().json()
    with clients.Shopper() as shopper:
        shopper.authenticate(made["next_action"]["redirect_to_url"]["url"], press=clients.FAIL)
        parts = urlsplit(shopper.url)
    assert parts.fragment == "top"
    assert parse_qsl(parts.query) == [
        ("cart", "7"), ("a", "1"), ("a", "2"), ("payment_intent", made["id"]),
        ("payment_intent_client_secret", made["client_secret"]), ("redirect_status", "failed")]


@pytest.mark.parametrize(("path", "param"), [
    ("/v1/charges", "customer"), ("/v1/charges", "payment_intent"), ("/v1/payment_intents", "customer"),
    ("/v1/payment_methods", "customer"), ("/v1/refunds", "charge"), ("/v1/setup_intents", "payment_method"),
    ("/v1/setup_attempts", "setup_intent"), ("/v1/prices", "product"), ("/v1/promotion_codes", "coupon"),
    ("/v1/checkout/sessions", "payment_link"), ("/v1/disputes", "charge"), ("/v1/file_links", "file")])
def test_a_filter_that_names_nothing_is_an_error(shop: httpx2.Client, path: str, param: str) -> None:
    refused = shop.get(path, params={param: "nobody_1"})
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["param"]) == (400, "resource_missing", param), error


def test_a_filter_that_names_something_may_find_nothing(shop: httpx2.Client) -> None:
    customer = shop.post("/v1/customers").json()["id"]
    assert shop.get("/v1/charges", params={"customer": customer}).json()["data"] == []
    shop.delete(f"/v1/customers/{customer}").raise_for_status()
    assert shop.get("/v1/charges", params={"customer": customer}).json()["data"] == []
