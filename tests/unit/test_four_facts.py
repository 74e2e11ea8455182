"""Every door fills in the facts of a Context from one place: where it acts, on whose platform, for which client."""

import ast
from collections.abc import Awaitable, Callable
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

import checkout.challenge
import checkout.page
import portal.page
from api.endpoint import Endpoint
from api.visits import Visit
from backend.accounts import environments, members
from backend.accounts.api_keys import Opened
from backend.clock import Clocks, SystemClock
from backend.context import OURSELVES, Client, Context, Environment
from backend.versions import versions
from backend.web import callers
from tests.stack import ROOT
from tests.tidy.test_house import MODULES, tree
from vault import keys
from workers.outbox import Relay

TOLD_BY_THE_DOOR = {"shopper", "link"}
"""What no request says of its client by itself."""
SESSION = "cs_test_a1"
SAID = {"user-agent": "Shop/1.0", "sec-ch-ua-platform": '"Linux"', "authorization": "Bearer {key}"}
RUNTIME: Any = SimpleNamespace(clock=SystemClock(), clocks=Clocks(),
                               settings=SimpleNamespace(elements_base="http://js.localhost:8421"))


class Ring:
    """A keyring on which each key hangs."""

    async def open(self, key: str) -> Opened:
        kind = "publishable" if key.startswith("pk_") else "secret"
        return Opened(7, "acct_1", "Shop", kind, False, "mk_1", None)


def request(key: str = "") -> Request:
    state = SimpleNamespace(runtime=RUNTIME, keyring=Ring())
    return Request({
        "type": "http", "method": "POST", "path": "/v1/x", "template": "/v1/x", "query_string": b"",
        "client": ("192.0.2.7", 4711), "app": SimpleNamespace(state=state), "path_params": {"mode": "test"},
        "headers": [(name.encode(), value.format(key=key).encode()) for name, value in SAID.items()]})


async def by_api(key: str) -> Context:
    async def nothing(*_: Any) -> dict[str, Any]:
        return {}

    ctx, _ = await Endpoint(nothing, publishable=True).opened(request(key), "req_1", Visit())
    return ctx


async def by_vault(key: str) -> Context:
    parts: Any = SimpleNamespace(keyring=Ring(), clock=SystemClock(), settings=SimpleNamespace(elements_base=""))
    caller = await keys.opened(parts, request(key), SimpleNamespace(peek=lambda _: None), "/v1/tokens")  # type: ignore[arg-type]
    return caller.context(RUNTIME, "req_1")


async def by_checkout(_: str) -> Context:
    return await checkout.page.context(request(), SESSION)


async def by_portal(_: str) -> Context:
    who: Any = SimpleNamespace(id="member_1")
    return await portal.page.context(request(), who)


@pytest.fixture(autouse=True)
def one_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async def get(*_: Any) -> dict[str, Any]:
        return {"account_id": "acct_1", "account_name": "Shop", "mode": "test", "profile": None}

    async def of(*_: Any) -> int:
        return 7

    monkeypatch.setattr(environments, "get", get)
    monkeypatch.setattr(members, "environment", of)
    monkeypatch.setattr("backend.ids.environment", lambda _: 7)


DOORS: list[tuple[Callable[[str], Awaitable[Context]], str, bool]] = [
    (by_api, "sk_test_1", False), (by_api, "pk_test_1", True), (by_vault, "sk_test_1", False),
    (by_vault, "pk_test_1", True), (by_checkout, "", True), (by_portal, "", False)]


@pytest.mark.parametrize(("door", "key", "shopper"), DOORS)
async def test_a_door_fills_in_who_asks_and_where(door: Callable[[str], Awaitable[Context]], key: str,
                                                  shopper: bool) -> None:
    ctx = await door(key)
    assert ctx.client == callers.client(request(key), shopper=shopper)
    assert ctx.environment == Environment(7, "acct_1", "Shop", livemode=False, api_version=versions.LATEST)
    assert ctx.platform is None
    assert ctx.request_id


def test_a_request_tells_every_fact_of_its_client() -> None:
    told = callers.client(request())
    assert told == Client("192.0.2.7", "Shop/1.0", "Linux")
    assert [one.name for one in fields(Client) if one.name not in TOLD_BY_THE_DOOR
            and getattr(told, one.name) == one.default] == [], "fill it in callers.client"


def test_what_a_client_says_of_itself_is_bounded() -> None:
    asked = request()
    asked.scope["headers"] = [(name, value * 5000) for name, value in asked.scope["headers"]]
    told = callers.client(asked)
    assert (len(told.user_agent), len(told.device)) == (2000, 100)


async def test_for_the_workers_nobody_asks() -> None:
    settled: list[Context] = []

    async def settle(ctx: Context, _: str) -> None:
        settled.append(ctx)

    await Relay(RUNTIME, lambda _: None)._tell(settle, 7, "", "pi_1", {})
    assert [(ctx.client, ctx.environment.id, ctx.actor) for ctx in settled] == [(OURSELVES, 7, "worker")]


async def test_who_comes_back_from_a_challenge_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Client] = []

    async def abandon(_: Any, __: str, client: Client) -> dict[str, Any]:
        seen.append(client)
        return {"status": "canceled"}

    monkeypatch.setattr(checkout.challenge, "_of", lambda _: SimpleNamespace(abandon=abandon))
    asked = request()
    asked.scope["headers"].append((b"sec-fetch-site", b"same-origin"))
    asked.scope["path_params"] = {"id": "tds_1"}
    await checkout.challenge.abandon(asked)
    assert seen == [callers.client(asked)]


def test_contexts_are_made_where_the_facts_are_known() -> None:
    """A command's client is nobody: it makes a context only to act in the name of its operator."""
    found = {str(path.relative_to(ROOT)) for path in MODULES for node in ast.walk(tree(path))
             if isinstance(node, ast.Call) and ast.unparse(node.func) == "Context"}
    assert found == {"backend/accounts/environments.py", "backend/web/callers.py",
                     "backend/reconciliation/orphans.py", "backend/webhooks/pinned.py"}
    made = {path.relative_to(ROOT).parts[0] for path in MODULES for node in ast.walk(tree(path))
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("environments.context", "Client")}
    assert made == {"api", "backend", "checkout", "commands", "portal", "workers"}
