"""A page of the checkout that cannot act at this moment says so, and when to come again."""

from types import SimpleNamespace

from starlette.applications import Starlette
from starlette.requests import Request

from backend.config import Settings
from backend.errors import Locked, TooMany
from checkout import page


async def _asked(error: Exception) -> tuple[int, str | None, str]:
    async def view(_: Request) -> None:
        raise error

    app = Starlette()
    app.state.runtime = SimpleNamespace(settings=Settings())
    answer = await page.page(view)(Request({
        "type": "http", "method": "GET", "path": "/c/cs_1", "headers": [], "query_string": b"", "scheme": "http",
        "server": ("pay.localhost", 80), "app": app}))
    return answer.status_code, answer.headers.get("retry-after"), bytes(answer.body).decode()


async def test_a_page_that_must_wait_is_not_missing_and_not_our_fault() -> None:
    status, _, shown = await _asked(Locked("Checkout Session"))
    assert status == 429
    assert "One moment, please" in shown
    assert "Please try again in a moment." in shown


async def test_it_says_when_to_come_again() -> None:
    status, after, shown = await _asked(TooMany("Too many.", headers={"Retry-After": "60"}))
    assert (status, after) == (429, "60")
    assert "Too many." in shown
