"""What a table takes but no object can be: every type of parameter, sent to the real thing; nothing is our fault.

A parameter that many calls share is tried with each value once, at its calls in turns: all of them would take minutes.
Which call gets which value, FARTHING_SEED says.
"""

import os
import random
import re
import uuid
from collections import defaultdict
from functools import cache
from typing import Any

import httpx2
import orjson
import pytest

from backend.errors import InvalidRequest
from backend.fields import forms
from tests import builders, tables
from tests.conformance import clients

CALLS = [(method, path) for method, path, endpoint in tables.ENDPOINTS if not endpoint.uploads]
_OWNERS = {"customers": "cus", "accounts": "acct"}
_NAMED = {"payment_intent": "pi", "setup_intent": "seti", "charge": "ch", "refund": "re", "payment_method": "pm",
          "coupon": "coupon", "price": "price", "product": "product", "promotion_code": "promo", "file_link": "link",
          "checkout.session": "cs", "item": "cs", "payment_link": "plink", "webhook_endpoint": "we", "dispute": "dp",
          "tax_rate": "txr", "shipping_rate": "shr"}
"""By what a call answers: the prefix of the id in its path."""


def _odd(kind: Any) -> list[Any]:
    """Values at the edge of what a type takes."""
    most = getattr(kind, "max", 0)
    length = most if isinstance(most, int) and most < 50_000 else 10
    return ["", "é" * length, "a/b%2F?#[0]' OR 1=1", "pi_nobody", str(most), "0", {}, [], {"a": "b"}]


def _taken(table: Any, tree: Any) -> bool:
    """Whether the table lets it through; the rest is refused before anything is looked at."""
    try:
        table.parse(forms.from_json(orjson.dumps(tree)))
    except InvalidRequest:
        return False
    return True


@cache
def _chosen(seed: int) -> dict[tuple[str, str], list[Any]]:
    """By call, the requests: every value of every declared parameter, at one of the calls that declare it."""
    declared: dict[int, list[Any]] = defaultdict(list)
    for call in CALLS:
        for place, kind in tables.places(_table(call).fields):
            declared[id(kind)].append((call, place, kind))
    chosen: dict[tuple[str, str], list[Any]] = {call: [] for call in CALLS}
    chance = random.Random(seed)
    for places in declared.values():
        chance.shuffle(places)
        for value in _odd(places[0][2]):
            fewest = sorted(places, key=lambda one: len(chosen[one[0]]))
            trees = ((call, tables.request(_table(call), place, value)) for call, place, _ in fewest)
            for call, tree in trees:
                if _taken(_table(call), tree):
                    chosen[call].append(tree)
                    break
    return chosen


def _table(call: tuple[str, str]) -> Any:
    return tables.ROUTES[call[1]][call[0]].params


SEED = int(os.environ.get("FARTHING_SEED") or 20261121)


@pytest.fixture(scope="module")
def mine(stack):
    return builders.one_of_each(clients.client(stack)) | {"acct": stack.values["account"]}


@pytest.fixture(scope="module")
def http(stack):
    with clients.http(stack) as opened:
        yield opened


@pytest.mark.parametrize(("method", "path"), CALLS, ids=lambda one: one)
def test_no_value_is_our_fault(http, mine, method, path):
    endpoint = tables.ROUTES[path][method]
    prefix = _OWNERS.get(path.split("/")[2]) or _NAMED.get(endpoint.returns or "", "")
    here = re.sub(r"\{\w+\}", lambda _: mine.get(prefix, "none"), path)
    for tree in _chosen(SEED)[method, path]:
        check(_send(http, method, here, tree), (SEED, method, here, tree))


def test_every_parameter_is_tried():
    assert sum(map(len, _chosen(SEED).values())) > 1_000


def _send(http: httpx2.Client, method: str, path: str, tree: Any) -> httpx2.Response:
    if method == "POST":
        return http.post(path, content=orjson.dumps(tree), headers={"Content-Type": "application/json",
                                                                    "Idempotency-Key": str(uuid.uuid4())})
    pairs = [(name, "" if value is None else value) for name, value in tables.flat(tree)]
    return http.request(method, path, params=pairs)


def check(answer: httpx2.Response, sent: Any) -> None:
    """An object, or an error that says what is wrong."""
    assert answer.status_code < 500, (sent, answer.text)
    if answer.status_code >= 400:
        error = answer.json()["error"]
        assert error["message"], sent
        assert error["type"] in ("invalid_request_error", "card_error"), sent
        if error.get("code", "").startswith("parameter_"):
            assert error["param"], (sent, error)
