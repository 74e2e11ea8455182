"""The OpenAPI document: it is valid, whole, and every answer of the running API agrees with it."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import hypothesis
import openapi_spec_validator
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api import operations
from api.app import ROUTES, describe
from api.objects import OBJECTS
from tests.conformance import clients
from tests.stack import Stack

DOCUMENT = describe("http://localhost:8420")
OPERATIONS = operations.of(ROUTES)
EXAMPLES = max(5, 1300 // len(OPERATIONS))
"""For each operation: all together stay within a minute and a half."""
PATHS = {(one.method, one.path): [f"data.{name}" if one.endpoint.listed else name for name, kind
                                  in OBJECTS[one.endpoint.returns].fields.items() if kind.objects][-3:]
         for one in OPERATIONS if one.endpoint.returns}
"""For each operation, what its random requests expand."""
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT).exclude(path="/v1/files/{id}/contents")  # answers bytes
SCHEMA.config.phases.coverage.enabled = False
NUMBERS = itertools.count()
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


@schemathesis.serializer("application/x-www-form-urlencoded")
def form(_: schemathesis.SerializationContext, value: Any) -> bytes | None:
    """Bodies as official clients write them: `a[b][0]=c`."""
    if isinstance(value, bytes | None):
        return value
    pairs = value.items() if isinstance(value, Mapping) else value if isinstance(value, list) else [("", value)]
    return urlencode([pair for name, one in pairs for pair in _flat(str(name), one)]).encode()


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping | list):
        for key, one in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _flat(f"{name}[{key}]", one)
    else:
        yield name, str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def test_the_document_is_valid() -> None:
    openapi_spec_validator.validate(DOCUMENT)


def test_the_document_needs_no_key_and_is_kept_by_its_readers(stack: Stack) -> None:
    with clients.http(stack, "none") as http:
        answer = http.get("/v1/openapi.json")
        again = http.get("/v1/openapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert answer.json() == describe(answer.json()["servers"][0]["url"])
    assert (again.status_code, again.content) == (304, b"")


def test_every_operation_says_what_it_does_and_returns() -> None:
    assert [one.id for one in OPERATIONS if not one.endpoint.about.endswith(".")] == []
    assert [one.id for one in OPERATIONS if one.endpoint.returns not in OBJECTS] == ["files.contents.retrieve"]


def test_no_two_operations_have_one_name() -> None:
    assert len({one.id for one in OPERATIONS}) == len(OPERATIONS)


@pytest.fixture(scope="module")
def ids(stack: Stack) -> dict[str, str]:
    """An id of every collection that can be listed, so that the random requests meet real objects."""
    client = clients.client(stack)
    customer = client.v1.customers.create({"email": "fuzz@example.com"})
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    paid = client.v1.payment_intents.create({"amount": 5000, "currency": "usd", "confirm": True,
                                             "payment_method": method.id, "customer": customer.id})
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 100})
    found = {"payment_methods": method.id}
    with clients.http(stack) as http:
        for path in ROUTES:
            if "{" not in path and (rows := http.get(path, params={"limit": 1}).json().get("data")):
                found[path.removeprefix("/v1/")] = rows[0]["id"]
    return found


@pytest.mark.parametrize("operation", [found.ok() for found in SCHEMA.get_all_operations()], ids=lambda one: one.label)
@hypothesis.given(data=hypothesis.strategies.data())
@hypothesis.settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
                     suppress_health_check=list(hypothesis.HealthCheck),
                     phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate))
def test_random_requests_are_answered_as_described(
        operation: Any, data: hypothesis.strategies.DataObject, stack: Stack, ids: dict[str, str]) -> None:
    case = data.draw(operation.as_strategy())
    resource = case.path.removeprefix("/v1/").partition("/{")[0]
    if "id" in case.path_parameters and resource in ids and len(str(case.path_parameters["id"])) % 3:
        case.path_parameters["id"] = ids[resource]
    for given in (case.query, case.body):
        for name, value in given.items() if isinstance(given, dict) else ():
            if f"{name}s" in ids and len(str(value)) % 3:
                given[name] = ids[f"{name}s"]
            elif name in ("expand", "expand[]"):
                given[name] = PATHS[case.method, case.path]
    if len(str(case.headers.get("Idempotency-Key", ""))) % 2:
        case.headers["Idempotency-Key"] = f"random-{next(NUMBERS)}"  # else the next request is a mere conflict
    case.call_and_validate(base_url=stack.api_base, headers={"Authorization": f"Bearer {stack.secret_key}"},
                           checks=CHECKS)
