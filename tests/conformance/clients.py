"""Those who talk to a running stack: the official client, plain HTTP for its headers and bytes, a shopper's browser."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx2
import psycopg
import stripe

from backend.accounts import api_keys, environments
from backend.db import Database
from backend.stack.postgres import Postgres
from backend.stack.roles import DATABASE
from tests.stack import Stack

CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}
"""A card as it is typed, for the vault."""


def client(stack: Stack, key: str | None = None, **options: Any) -> stripe.StripeClient:
    """The official client as a merchant sets it up; it does not repeat requests by itself unless told to."""
    addresses = {"api": stack.api_base, "files": stack.api_base, "connect": stack.api_base}
    return stripe.StripeClient(key or stack.secret_key, base_addresses=addresses,
                               **{"max_network_retries": 0} | options)


def http(stack: Stack, key: str | None = None) -> httpx2.Client:
    """Plain HTTP with the merchant's key; `/v1/…` paths."""
    return httpx2.Client(base_url=stack.api_base, timeout=30, trust_env=False,
                         headers={"Authorization": f"Bearer {key or stack.secret_key}"})


def superuser(stack: Stack) -> psycopg.Connection[Any]:
    """The database past every role and policy, to look at what was really written."""
    server = Postgres(stack.places)
    return psycopg.connect(server.url("postgres", stack.places.password("postgres"), DATABASE), autocommit=True)


def count(stack: Stack, query: str, *values: Any) -> int:
    """The number that a SELECT count(*) gives."""
    with superuser(stack) as link:
        row = link.execute(query, values).fetchone()
        assert row is not None
        return int(row[0])


@dataclass(frozen=True)
class Account:
    """Another merchant on the same stack."""

    secret_key: str
    publishable_key: str
    env: int


def another_account(stack: Stack, mode: str = "test") -> Account:
    """A second merchant, made with the backend's own verbs."""
    async def made() -> Account:
        database = Database(stack.urls.app, pool_size=2, name="tests")
        await database.open()
        try:
            async with database.everywhere() as tx:
                env = await environments.create(tx, await environments.create_account(tx, "Other"), mode)
                keys = [await api_keys.create(tx, env, kind, livemode=mode == "live")
                        for kind in ("secret", "publishable")]
            return Account(*keys, env)
        finally:
            await database.close()
    return aside(made())


def aside(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end from a plain function, whether or not a loop runs here already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def parallel(number: int, call: Callable[[int], Any]) -> list[Any]:
    """`call(0)` to `call(number - 1)`, all at once; the results in order."""
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(call, range(number)))


@dataclass
class Form:
    """One form of a page, with its fields and its buttons by id and value."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", "")))
        elif tag in ("input", "button") and self.found and given.get("name"):
            if tag == "input":
                self.found[-1].fields[given["name"]] = given.get("value", "")
            else:
                self.found[-1].buttons[given.get("id") or given.get("value", "")] = (given["name"],
                                                                                    given.get("value", ""))


class Shopper:
    """A browser without script: resolves the stack's host names to loopback, follows links, submits forms."""

    def __init__(self) -> None:
        self._http = httpx2.Client(timeout=30, trust_env=False, headers={"Accept": "text/html"})
        self.url, self.page = "", ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def open(self, url: str) -> httpx2.Response:
        return self._send("GET", url)

    def submit(self, contains: str, press: str = "") -> httpx2.Response:
        """Submit the first form whose action, field or button is named `contains`, pressing the button `press`."""
        parser = _Forms()
        parser.feed(self.page)
        form = next(one for one in parser.found
                    if contains in one.action or contains in one.fields or contains in one.buttons)
        pressed = dict([form.buttons[press]]) if press else {}
        return self._send("POST", urljoin(self.url, form.action), form.fields | pressed)

    def _send(self, method: str, url: str, form: dict[str, str] | None = None) -> httpx2.Response:
        for _ in range(10):
            parts = urlsplit(url)
            here = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
            answer = self._http.request(method, here, data=form, headers={"Host": parts.netloc})
            if answer.status_code not in (302, 303):
                break
            url, method, form = urljoin(url, answer.headers["location"]), "GET", None
            if urlsplit(url).hostname == "merchant.example":
                break
        self.url, self.page = url, answer.text
        return answer

    def authenticate(self, challenge_url: str, *, press: str = "test-source-authorize-3ds") -> None:
        """Go through a 3-D Secure challenge as a person does: our page, the bank's page, a button, and back."""
        assert self.open(challenge_url).status_code == 200, self.page
        assert self.submit("creq").status_code == 200, self.page
        assert self.submit(press, press).status_code == 200, self.page
        assert self.submit("cres").status_code == 200, self.page
        back = re.search(r'href="(/3ds/[^"]+/return)"', self.page)
        assert back, self.page
        self.open(urljoin(self.url, back[1]))


FAIL = "test-source-fail-3ds"


def told(client: stripe.StripeClient, id: str) -> list[str]:
    """The types of the latest events about an object, the oldest first."""
    events = client.v1.events.list({"limit": 100}).data
    return [event.type for event in reversed(events) if event.data.object["id"] == id]
