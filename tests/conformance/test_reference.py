"""The reference pages show everything that the API has, and their samples run."""

import re
from pathlib import Path

import httpx2
import pytest

from api import samples
from api.objects import OBJECTS
from api.operations import Operation
from tests.conformance import clients
from tests.readers import OPERATIONS, SHOWN, Reader
from tests.stack import Stack

_REFUSED = {
    "payment_intents.apply_customer_balance": ("payment_intent_unexpected_state", "there are no cash balances"),
    "refunds.cancel": ("status_transition_invalid", "only a refund that waits for the balance can be given up"),
    "tokens.create": ("card_number_not_allowed_here", "tokens are made by the vault"),
}
"""Samples that a fresh sandbox answers with an error -> its code, and why it cannot be otherwise."""
RESOURCES = sorted({one.resource for one in OPERATIONS.values()})


@pytest.fixture(scope="module")
def pages(stack: Stack) -> dict[str, str]:
    with httpx2.Client(base_url=f"http://localhost:{stack.port}", trust_env=False) as http:
        return {name: http.get(f"/docs/api/{name.replace('/', '-')}").raise_for_status().text
                for name in RESOURCES} | {"": http.get("/docs/api").raise_for_status().text}


def test_every_operation_has_its_place(pages: dict[str, str]) -> None:
    for one in OPERATIONS.values():
        assert f'href="#{one.id}"' in pages[one.resource], one.id
        assert f'#{one.id}"' in pages[""], one.id
        part = pages[one.resource].partition(f'id="{one.id}"')[2].partition("</section>")[0]
        assert f'{one.path}</code>' in part, one.id
        assert {name for name in one.endpoint.params.fields if f"<code>{name}</code>" not in part} == set(), one.id


def test_every_object_has_its_place(pages: dict[str, str]) -> None:
    for name in sorted(OBJECTS.keys() - {"discount"}):  # no call answers with one: a part of others
        page = next((text for text in pages.values() if f'id="object-{name}"' in text), "")
        part = page.partition(f'id="object-{name}"')[2].partition("<h2")[0]
        assert part, name
        assert {field for field in OBJECTS[name].fields if f"<code>{field}</code>" not in part} == set(), name


def test_no_link_of_the_reference_leads_nowhere(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        for slug, anchor in set(re.findall(r'href="(?:/docs/api/([\w.-]+))?(?:#([\w.-]+))?"', text)):
            target = next((other for other in pages if other.replace("/", "-") == slug), "") if slug else name
            assert target or not slug, f"{name}: {slug}"
            assert f'id="{anchor}"' in pages[target] or not anchor or anchor == "main", f"{name}: {slug}#{anchor}"


def test_a_resource_that_does_not_exist_has_no_page(stack: Stack) -> None:
    with clients.http(stack) as http:
        assert http.get("/docs/api/nothing").status_code == 404


@pytest.mark.parametrize("one", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_the_sample_of_every_operation_runs(one: Operation, stack: Stack, tmp_path: Path) -> None:
    reader = Reader(stack, tmp_path)
    if one.id not in ("payment_methods.attach", "customers.delete"):
        reader.have(["CUSTOMER", "PAYMENT_METHOD"])
        reader.curl('curl http://localhost:8420/v1/payment_methods/$PAYMENT_METHOD/attach -u "$KEY:" '
                    '-d "customer=$CUSTOMER"')
    if one.endpoint.returns is None:
        reader.have(["FILE"])
        reader.shell(samples.curl(one, SHOWN))
        assert (tmp_path / "download").read_bytes() == (tmp_path / "receipt.png").read_bytes()
        return
    answer = reader.sample(one)
    if one.id in _REFUSED:
        assert answer["error"]["code"] == _REFUSED[one.id][0]
        return
    assert "error" not in answer, answer
    assert answer["object"] == ("list" if one.endpoint.listed and one.verb != "search" else
                                "search_result" if one.endpoint.listed else one.endpoint.returns)
