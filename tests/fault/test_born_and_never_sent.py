"""A payment created and confirmed in one request, whose message could not leave: one key, one living intent."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.conformance import clients
from tests.stack import Stack, running


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    with running() as made:
        yield made


def _until_refused(stack: Stack, http: httpx2.Client, form: dict[str, str]) -> tuple[str, httpx2.Response]:
    """Kill the vault again and again until a request meets it away; returns the key and the answer."""
    for _ in range(4):
        before = stack.pid("vault")
        stack.kill("vault")
        for _ in range(10):
            key = secrets.token_hex(8)
            answer = http.post("/v1/payment_intents", data=form, headers={"Idempotency-Key": key})
            if answer.status_code == 503 and "payment_intent" in answer.json()["error"]:
                return key, answer
        _wait_for_another(stack, before)
    raise AssertionError("the vault was never away")


def _wait_for_another(stack: Stack, before: int) -> None:
    """Wait until another vault than the one of before is on its way; it may be met away once more."""
    stack.wait(lambda: stack.pid("vault") not in (0, before))


def _all(http: httpx2.Client, path: str) -> Iterator[dict[str, Any]]:
    """A whole list, page by page: every retry that meets the vault away makes an intent and its events."""
    after: dict[str, str] = {}
    while True:
        page = http.get(path, params={"limit": 100, **after}).raise_for_status().json()
        yield from page["data"]
        if not page["has_more"]:
            return
        after = {"starting_after": page["data"][-1]["id"]}


def test_the_retry_makes_the_one_living_intent_of_its_key(own_stack: Stack) -> None:
    order = secrets.token_hex(8)
    with clients.http(own_stack) as http:
        customer = http.post("/v1/customers").json()["id"]
        method = http.post("/v1/payment_methods/pm_card_visa/attach", data={"customer": customer}).json()["id"]
        form = {"amount": "1000", "currency": "usd", "confirm": "true", "customer": customer, "payment_method": method,
                "metadata[order]": order}
        key, refused = _until_refused(own_stack, http, form)
        first = refused.json()["error"]["payment_intent"]
        assert refused.headers["Stripe-Should-Retry"] == "true"
        assert (first["status"], first["cancellation_reason"], first["amount_received"]) == ("canceled", "automatic", 0)
        end = time.monotonic() + 30
        again = {"Idempotency-Key": key}
        while (paid := http.post("/v1/payment_intents", data=form, headers=again)).status_code != 200:
            assert time.monotonic() < end, paid.text
            time.sleep(0.2)
        assert paid.json()["status"] == "succeeded"
        assert http.post("/v1/payment_intents", data=form, headers=again).content == paid.content
        alive = [one for one in _all(http, "/v1/payment_intents")
                 if one["metadata"].get("order") == order and one["status"] != "canceled"]
        told = [one["type"] for one in _all(http, "/v1/events") if one["data"]["object"]["id"] == first["id"]]
    assert paid.json()["id"] in {one["id"] for one in alive}
    assert first["id"] not in {one["id"] for one in alive}
    assert told == ["payment_intent.canceled", "payment_intent.payment_failed", "payment_intent.created"]
