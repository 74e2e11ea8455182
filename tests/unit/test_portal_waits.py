"""A page of the portal that cannot be made at this moment has a way to ask for it once more."""

from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from backend.config import Settings
from backend.errors import FarthingError, Locked, NotFound, TooMany
from portal import page


def _failed(error: FarthingError, method: str = "GET") -> tuple[int, str | None, str]:
    app = Starlette()
    app.state.runtime = SimpleNamespace(settings=Settings())
    answer = page.failed(Request({
        "type": "http", "method": method, "path": "/test/payments", "headers": [], "query_string": b"status=a&after=b",
        "scheme": "http", "server": ("localhost", 80), "app": app}), error)
    return answer.status_code, answer.headers.get("retry-after"), bytes(answer.body).decode()


@pytest.mark.parametrize(("error", "after"), [
    (Locked("PaymentIntent"), None), (TooMany("Too many.", headers={"Retry-After": "60"}), "60")])
def test_what_must_wait_can_be_tried_again(error: FarthingError, after: str | None) -> None:
    status, told, shown = _failed(error)
    assert (status, told) == (429, after)
    assert "One moment, please" in shown
    assert 'href="/test/payments?status=a&amp;after=b">Try again</a>' in shown


def test_a_form_is_not_sent_again_by_a_link() -> None:
    status, _, shown = _failed(Locked("PaymentIntent"), "POST")
    assert status == 429
    assert "Try again" not in shown


def test_what_is_not_there_is_not_tried_again() -> None:
    status, _, shown = _failed(NotFound("payment_intent", "pi_1"))
    assert status == 404
    assert "Try again" not in shown
