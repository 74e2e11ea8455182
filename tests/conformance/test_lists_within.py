"""Lists within objects: whatever `url` one carries answers with the same list, and the official paging follows it."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.objects import LISTS
from tests.conformance import clients
from tests.stack import Stack

Json = dict[str, Any]


@pytest.fixture(scope="module")
def charge(stack: Stack) -> str:
    """A charge with twelve refunds."""
    api = clients.client(stack)
    paid = api.v1.payment_intents.create({"amount": 2400, "currency": "usd", "payment_method": "pm_card_visa",
                                          "confirm": True})
    for _ in range(12):
        api.v1.refunds.create({"payment_intent": paid.id, "amount": 100})
    return str(paid.latest_charge)


def test_the_refunds_of_a_charge_page_themselves(stack: Stack, charge: str) -> None:
    found = clients.client(stack).v1.charges.retrieve(charge, {"expand": ["refunds"]})
    assert (len(found.refunds.data), found.refunds.has_more) == (10, True)
    assert len({one.id for one in found.refunds.auto_paging_iter()}) == 12


def test_a_refund_is_found_made_and_changed_under_its_charge(stack: Stack, charge: str) -> None:
    with clients.http(stack) as http:
        made = http.post(f"/v1/charges/{charge}/refunds", data={"amount": "100"}).json()
        assert (made["charge"], made["amount"], made["status"]) == (charge, 100, "succeeded")
        path = f"/v1/charges/{charge}/refunds/{made['id']}"
        assert http.post(path, data={"metadata[a]": "1"}).json()["metadata"] == {"a": "1"}
        assert http.get(path).json()["id"] == made["id"]
        other = clients.client(stack).v1.charges.create({"amount": 900, "currency": "usd", "source": "tok_visa"})
        for wrong in (f"/v1/charges/{other.id}/refunds/{made['id']}", "/v1/charges/ch_none/refunds"):
            assert (http.get(wrong).status_code, http.get(wrong).json()["error"]["code"]) == (404, "resource_missing")
        assert http.get(f"/v1/charges/{other.id}/refunds").json()["data"] == []


def test_every_address_that_a_list_carries_answers(stack: Stack, charge: str) -> None:
    """Whoever adds a list within an object is asked here for an object that has it."""
    api = clients.client(stack).v1
    product = api.products.create({"name": "Mug", "default_price_data": {"currency": "usd", "unit_amount": 500}})
    line = [{"price": product.default_price, "quantity": 1}]
    paths = {
        "charge": f"charges/{charge}",
        "checkout.session": "checkout/sessions/" + api.checkout.sessions.create(
            {"mode": "payment", "success_url": "https://example.com/", "line_items": line}).id,
        "customer": f"customers/{api.customers.create({'name': 'Ada'}).id}",
        "file": "files/" + _file(stack),
        "payment_intent": "payment_intents/" + api.payment_intents.create({"amount": 900, "currency": "usd"}).id,
        "payment_link": f"payment_links/{api.payment_links.create({'line_items': line}).id}",
        "account": "account",
    }
    asked = {name: [field for object, field in LISTS if object == name] for name in paths}
    asked["checkout.session"].remove("shipping_rate")  # which only older versions expand
    walked = set()
    with clients.http(stack) as http:
        for name, path in paths.items():
            shown = http.get(f"/v1/{path}", params={"expand[]": [one for one in asked[name] if one != "charges"]},
                             headers={"Stripe-Version": "2022-08-01"} if name == "payment_intent" else {}).json()
            for one in _lists(shown):
                answer = http.get(one["url"])
                assert answer.status_code == 200, one["url"]
                assert answer.json()["data"] == one["data"], one["url"]
                walked.add(name)
    assert walked == paths.keys()


def _lists(part: Any) -> Iterator[Json]:
    if isinstance(part, dict):
        if part.get("object") == "list":
            yield part
        part = list(part.values())
    for one in part if isinstance(part, list) else ():
        yield from _lists(one)


def _file(stack: Stack) -> str:
    with clients.http(stack) as http:
        return str(http.post("/v1/files", data={"purpose": "dispute_evidence"},
                             files={"file": ("a.pdf", b"%PDF-1.7")}).json()["id"])
