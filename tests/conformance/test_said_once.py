"""What is said once stays: an update that would change it is refused; a failure of ours keeps nothing."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from tests.conformance import clients
from tests.stack import Stack

SESSION = {"mode": "payment", "success_url": "https://example.com/paid", "line_items[0][quantity]": "1",
           "line_items[0][price_data][currency]": "usd", "line_items[0][price_data][unit_amount]": "2000",
           "line_items[0][price_data][product_data][name]": "Notebook"}


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Iterator[httpx2.Client]:
    with clients.http(stack) as http:
        yield http


def _made(shop: httpx2.Client, path: str, form: Any) -> str:
    return str(shop.post(path, data=form).raise_for_status().json()["id"])


@pytest.mark.parametrize(("path", "form", "change", "param"), [
    ("/v1/payment_intents", {"amount": "500", "currency": "usd"}, {"confirmation_method": "manual"},
     "confirmation_method"),
    ("/v1/payment_intents", {"amount": "500", "currency": "usd"}, {"automatic_payment_methods[enabled]": "false"},
     "automatic_payment_methods"),
    ("/v1/setup_intents", {}, {"usage": "on_session"}, "usage"),
    ("/v1/checkout/sessions", SESSION, {"success_url": "https://example.com/other"}, "success_url"),
    ("/v1/checkout/sessions", SESSION, {"mode": "setup"}, "mode"),
    ("/v1/checkout/sessions", SESSION, {"customer": "cus_1"}, "customer"),
    ("/v1/coupons", {"percent_off": "25"}, {"percent_off": "30"}, "percent_off"),
    ("/v1/charges", {"amount": "500", "currency": "usd", "source": "tok_visa"}, {"amount": "400"}, "amount")])
def test_what_only_the_creating_call_takes_is_refused_by_name(shop: httpx2.Client, path: str, form: Any, change: Any,
                                                              param: str) -> None:
    refused = shop.post(f"{path}/{_made(shop, path, form)}", data=change)
    error = refused.json()["error"]
    assert (refused.status_code, error["param"]) == (400, param), error
    assert error["message"].startswith(f"You cannot change {param}: it is said when the object is created")


def test_a_currency_that_was_tried_and_a_customer_that_was_named_stay(shop: httpx2.Client) -> None:
    one, other = (_made(shop, "/v1/customers", {}) for _ in range(2))
    intent = _made(shop, "/v1/payment_intents", {"amount": "500", "currency": "usd", "customer": one})
    shop.post(f"/v1/payment_intents/{intent}/confirm", data={"payment_method": "pm_card_chargeDeclined"})
    setup = _made(shop, "/v1/setup_intents", {"customer": one})
    for path, change in ((f"/v1/payment_intents/{intent}", {"currency": "eur"}),
                         (f"/v1/payment_intents/{intent}", {"customer": other}),
                         (f"/v1/setup_intents/{setup}", {"customer": other})):
        refused = shop.post(path, data=change)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, next(iter(change)))


def test_a_shopper_never_lowers_what_the_merchant_asked(shop: httpx2.Client, stack: Stack) -> None:
    made = shop.post("/v1/payment_intents", data={
        "amount": "500", "currency": "usd", "setup_future_usage": "off_session"}).json()
    with clients.http(stack, stack.publishable_key) as shopper:
        refused = shopper.post(f"/v1/payment_intents/{made['id']}/confirm", data={
            "client_secret": made["client_secret"], "payment_method": "pm_card_visa",
            "setup_future_usage": "on_session"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "setup_future_usage")


# ---- a failure of ours under an idempotency key

@contextmanager
def _broken(stack: Stack, table: str, word: str) -> Iterator[None]:
    """A table that refuses the rows with this description, as an error of ours would."""
    with clients.superuser(stack) as link:
        link.execute(f"ALTER TABLE {table} ADD CONSTRAINT broken "
                     f"CHECK (description IS DISTINCT FROM '{word}') NOT VALID")
        try:
            yield
        finally:
            link.execute(f"ALTER TABLE {table} DROP CONSTRAINT broken")


@pytest.mark.parametrize(("path", "table", "form"), [
    ("/v1/customers", "pay.customer", {}),
    ("/v1/payment_intents", "pay.payment", {"amount": "500", "currency": "usd", "payment_method": "pm_card_visa",
                                            "confirm": "true"})])
def test_a_failure_of_ours_is_not_kept_and_the_key_does_the_work_once(
        shop: httpx2.Client, stack: Stack, path: str, table: str, form: dict[str, str]) -> None:
    word, key = uuid.uuid4().hex, {"Idempotency-Key": uuid.uuid4().hex}
    with _broken(stack, table, word):
        failed = shop.post(path, data=form | {"description": word}, headers=key)
        assert (failed.status_code, failed.json()["error"]["type"]) == (500, "api_error")
        assert ("Nothing was changed" in failed.json()["error"]["message"]) is (path == "/v1/customers")
    assert clients.count(stack, f"SELECT count(*) FROM {table} WHERE description = %s", word) == 0
    done = shop.post(path, data=form | {"description": word}, headers=key)
    again = shop.post(path, data=form | {"description": word}, headers=key)
    assert (done.status_code, again.content, again.headers["Idempotent-Replayed"]) == (200, done.content, "true")
    assert clients.count(stack, f"SELECT count(*) FROM {table} WHERE description = %s", word) == 1
