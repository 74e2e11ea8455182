"""No body costs more than its length: every reader of what strangers send, against texts that were made to be slow.

The measure is the processor's time of this thread, against the time of a plain walk over as many bytes on the same
machine, and three times in a row: a pattern that goes back again and again costs a thousand walks.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from starlette.requests import Request

from api.endpoint import Endpoint
from api.objects import EXPANDER
from api.visits import Visit
from backend import card_numbers, logs, search
from backend.cards import inputs, numbers
from backend.context import Context, Environment
from backend.errors import FarthingError
from backend.fields import forms
from backend.fields.card_numbers import refuse_card_number
from backend.fields.tables import Table
from backend.fields.types import Choice, Currency, Email, Text
from backend.requests import cleaning
from backend.requests.writer import Entry, Writer
from backend.web import bodies
from backend.web.bodies import Given
from backend.webhooks import targets
from vault import params as vault_params

SIZE = 32_768
WALKS_MAX = 80
"""The dearest of today needs 40: two of a percent sign are looked at one by one."""
UNITS = [
    "://", "://a:", "://a:b@", "a", "@", "@a.", "a.a@", "1", "1 ", "1-", "12 ", "4242 ", "4242-4242", "0 ", "٤", "é",
    "\u00a0", "5\u2005", "[]", "[a]", "[", "]", "a[", "{", "%", "%41", "%4", "+", "&", "a=&", "a=1&", "a[]=1&", "=",
    "cvc", "cvc ", "cvc=1", "cvc[", "cvv[", "csc%41", "security code:", "security_code ", "Bearer ", "bearer",
    "k_test_", "k_live_k_test_", "_secret_", "secret", "pi_a_secret_", "whsec_", "sk_test_", "aaaaaaaa_", "_", "-",
    '"', "\\", "\\u0000", "'", " ", "\n", "/", ".", "a.", ":", ",", '"code":"', 'pi_aaaaaaaa" ', "-a:", 'a:"b" ',
]


def _form(soup: str) -> None:
    Table({"a": Text(max=SIZE)}).parse(forms.decode(soup))


def _json(soup: str) -> None:
    text = soup.replace("\\", "").replace('"', "").replace("\n", "")
    Table({"a": Text(max=SIZE)}).parse(forms.from_json(f'{{"a": "{text}"}}'.encode()))


READERS: dict[str, Callable[[str], Any]] = {
    "a form": _form, "a form's value": lambda soup: _form(f"a={soup}"),
    "a form's name": lambda soup: _form(f"a{soup}=1"),
    "json": _json, "json elements": lambda soup: forms.from_json(f'{{"a": [{soup}]}}'.encode()),
    "json names": lambda soup: forms.from_json(f'{{"{soup}": 1}}'.encode()),
    "the log of a form": lambda soup: cleaning.parameters(soup.encode()[:SIZE], json=False),
    "the log of a value": lambda soup: cleaning.parameters(f"a={soup}".encode()[:SIZE], json=False),
    "the log of a name": lambda soup: cleaning.parameters(f"{soup}=1".encode()[:SIZE], json=False),
    "the log of json": lambda soup: cleaning.parameters(f'{{"a": "{soup}"}}'.encode()[:SIZE], json=True),
    "the log of json names": lambda soup: cleaning.parameters(f'{{"{soup}": 1}}'.encode()[:SIZE], json=True),
    "the log of an answer": lambda soup: cleaning.text(soup.encode()[:SIZE]),
    "ids in the log": lambda soup: cleaning.objects(soup, soup, soup), "a code in the log": cleaning.code,
    "our logs": logs.redact, "messages": card_numbers.hide,
    "a card in a text": lambda soup: refuse_card_number(soup, "a"),
    "an e-mail address": lambda soup: Email().parse(soup, "a"),
    "a word": lambda soup: Choice(("on", "off")).parse(soup, "a"),
    "a currency": lambda soup: Currency().parse(soup, "a"), "a query": search.parse,
    "a form at the vault": lambda soup: vault_params.METHOD.parse(Given(soup[:65536].encode()).read()[0]),
    "a value at the vault": lambda soup: vault_params.CHECKOUT.parse(
        Given(b"session_token=" + quote(soup[:20_000]).encode()[:65536]).read()[0]),
    "a page's form": lambda soup: forms.flat(soup[:65536].encode()),
    "a card number": numbers.digits, "an expiry": lambda soup: inputs.expiry(soup[:65536]),
    "a webhook's address": lambda soup: targets.parse(f"https://{soup}", livemode=False),
}


def cost(work: Callable[[], Any]) -> float:
    """Seconds of the processor for one call."""
    began = time.thread_time()
    with suppress(FarthingError, targets.Refused):
        work()
    return time.thread_time() - began


def _walk() -> int:
    count = 0
    for byte in bytes(SIZE):
        count += byte
    return count


@pytest.mark.parametrize("reader", READERS)
def test_no_text_costs_more_than_its_length(reader: str) -> None:
    dear = {}
    for unit in UNITS:
        soup = (unit * (SIZE // len(unit) + 1))[:SIZE]
        for _ in range(8):  # each beside a walk of its own: how fast the processor is changes all the time
            dear[unit] = cost(lambda soup=soup: READERS[reader](soup)) / cost(_walk)
            if dear[unit] < WALKS_MAX:
                del dear[unit]
                break
    assert not dear, "these cost so many walks"


class _Noted(Text):
    def parse(self, value: Any, path: str) -> str:
        _Noted.thread = threading.get_ident()
        return super().parse(value, path)


@pytest.mark.parametrize(("length", "apart"), [(100, False), (bodies.LARGE + 1, True)])
async def test_a_large_body_is_read_in_a_thread(length: int, apart: bool) -> None:
    """The loop serves everybody else meanwhile."""
    request = Request({"type": "http", "method": "GET", "query_string": b"a=" + b"b" * length, "headers": [],
                       "app": SimpleNamespace(state=SimpleNamespace(expander=EXPANDER))}, _nothing)
    ctx = Context(runtime=None, environment=Environment(1))
    endpoint, visit = Endpoint(lambda: None, Table({"a": _Noted(max=1_000_000)})), Visit()
    params, _, _ = await endpoint._params(ctx, request, "2020-08-27", visit)
    assert (len(params["a"]), len(visit.raw)) == (length, length + 2)
    assert (_Noted.thread != threading.get_ident()) is apart


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def test_the_log_cleans_large_requests_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads, written = [], []

    def row(entry: Entry) -> dict[str, Any]:
        threads.append(threading.get_ident() == loop)
        return {"id": entry.id}

    async def insert(env: int, rows: list[dict[str, Any]]) -> None:
        written.append([one["id"] for one in rows])

    loop = threading.get_ident()
    monkeypatch.setattr("backend.requests.writer._row", row)
    writer = Writer(SimpleNamespace(clock=SimpleNamespace(now=lambda: SimpleNamespace(date=lambda: None))))
    writer._insert = insert
    for number in range(12):
        writer._waiting.append(_entry(str(number), 0 if number == 0 else 131_072))
    await writer._drain()
    assert threads == [True] + [False] * 11
    assert [len(batch) for batch in written] == [8, 4], "as many in one statement as go into a megabyte"


def _entry(id: str, size: int) -> Entry:
    return Entry(env=1, at=None, id=id, method="POST", path="/", raw=b"x" * size, json=False, status=200, ms=1.0,
                 answer=b"", key_id="", version="", idempotency_key=None, ip="", user_agent="")
