"""A page of the checkout that cannot act at this moment says so, and when to come again."""

import json
import re
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from backend.config import Settings
from backend.errors import ApiError, Locked, TooMany
from checkout import challenge, page


async def _asked(error: Exception, method: str = "GET", path: str = "/c/cs_1",
                 query: bytes = b"") -> tuple[int, str | None, str]:
    async def view(_: Request) -> None:
        raise error

    app = Starlette()
    app.state.runtime = SimpleNamespace(settings=Settings())
    answer = await page.page(view)(Request({
        "type": "http", "method": method, "path": path, "headers": [], "query_string": query, "scheme": "http",
        "server": ("pay.localhost", 80), "app": app}))
    return answer.status_code, answer.headers.get("retry-after"), bytes(answer.body).decode()


async def test_a_page_that_must_wait_is_not_missing_and_not_our_fault() -> None:
    status, _, shown = await _asked(Locked("Checkout Session"))
    assert status == 429
    assert "One moment, please" in shown
    assert "you will not be charged twice" in shown
    assert "Checkout Session" not in shown  # a shopper knows no such word


@pytest.mark.parametrize(("method", "path", "query", "again"), [
    ("GET", "/l/abc", b"prefilled_email=a%40b.c&x=1", "/l/abc?prefilled_email=a%40b.c&amp;x=1"),
    ("POST", "/c/cs_1/confirm", b"", "/c/cs_1"), ("POST", "/c/cs_1/order", b"", "/c/cs_1")])
async def test_it_has_a_way_to_try_again(method: str, path: str, query: bytes, again: str) -> None:
    _, _, shown = await _asked(Locked("PaymentIntent"), method, path, query)
    assert re.search(rf'<a class="button wide primary" href="{re.escape(again)}">Try again</a>', shown)


async def test_it_says_when_to_come_again() -> None:
    status, after, shown = await _asked(TooMany("Too many.", headers={"Retry-After": "60"}))
    assert (status, after) == (429, "60")
    assert "Too many." in shown
    assert "One moment, please" in shown
    _, _, shown = await _asked(TooMany("Too many.", headers={"Retry-After": "601"}))
    assert "Too many. You can try again in about 11 minutes." in shown
    assert "Please come back later" in shown
    _, _, shown = await _asked(TooMany("Too many.", headers={"Retry-After": "82801"}))
    assert "Too many. You can try again in about 24 hours." in shown


async def test_our_script_is_told_when_to_try_again() -> None:
    error = TooMany("x", code="card_decline_rate_limit_exceeded", headers={"Retry-After": "445"})

    async def view(_: Request) -> None:
        raise error

    async def told(language: str) -> tuple[int, str | None, str]:
        answer = await page.answer(view)(Request({
            "type": "http", "method": "POST", "path": "/c/cs_1/pay", "query_string": b"",
            "headers": [(b"accept-language", language.encode())]}))
        message = json.loads(bytes(answer.body))["error"]["message"]
        return answer.status_code, answer.headers.get("retry-after"), message

    status, after, message = await told("en")
    assert (status, after) == (429, "445")
    assert message.endswith("another way to pay. You can try again in about 8 minutes.")
    assert (await told("de"))[2].endswith("Sie können es in etwa 8 Minuten noch einmal versuchen.")
    error.headers["Retry-After"] = "2"
    assert "in about" not in (await told("en"))[2]


@pytest.mark.parametrize("error", [Locked("PaymentIntent"), ApiError("The bank is away.")])
async def test_a_shopper_who_comes_back_from_the_bank_is_not_left_in_its_frame(
        error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    async def complete(*_: object) -> None:
        raise error

    monkeypatch.setattr(challenge, "_of", lambda _: SimpleNamespace(complete=complete))
    app = Starlette()
    app.state.runtime = SimpleNamespace(settings=Settings())
    answer = await challenge.complete(Request({
        "type": "http", "method": "POST", "path": "/3ds/auth_1/complete", "headers": [], "query_string": b"",
        "scheme": "http", "server": ("pay.localhost", 80), "app": app, "path_params": {"id": "auth_1"},
        "client": ("192.0.2.1", 1)}))
    assert answer.status_code == 200
    assert "Returning to the payment" in bytes(answer.body).decode()
