"""The official Python package searches: every resource that can be, with what it just wrote."""

from uuid import uuid4

import httpx2
import pytest
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conformance import clients
from tests.stack import Stack


@pytest.fixture(scope="module")
def v1(stack: Stack) -> stripe._v1_services.V1Services:
    return clients.client(stack).v1


@pytest.fixture(scope="module")
def http(stack: Stack):
    with clients.http(stack) as http:
        yield http


def ids(page: stripe.SearchResultObject) -> list[str]:
    return [one.id for one in page.data]


def test_every_resource_is_found_at_once_by_its_metadata(v1) -> None:
    mark = uuid4().hex
    meta = {"metadata": {"mark": mark}}
    customer = v1.customers.create({"email": "Jenny.Rosen@Example.com", "name": "Jenny Rosén", **meta})
    paid = v1.payment_intents.create({"amount": 4321, "currency": "eur", "customer": customer.id, "confirm": True,
                                      "payment_method": v1.payment_methods.attach(
                                          "pm_card_visa", {"customer": customer.id}).id, **meta})
    product = v1.products.create({"name": "A mug", "description": "For tea", **meta})
    price = v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 500, **meta})
    query = {"query": f'metadata["mark"]:"{mark}"'}
    assert ids(v1.customers.search(query)) == [customer.id]
    assert ids(v1.payment_intents.search(query)) == [paid.id]
    assert ids(v1.charges.search(query)) == [paid.latest_charge]
    assert ids(v1.products.search(query)) == [product.id]
    assert ids(v1.prices.search(query)) == [price.id]
    both = f' AND metadata["mark"]:"{mark}"'
    for found, words in (
            (v1.customers, 'email~"rosen@exam"'), (v1.customers, '-phone:"1" AND name:"jenny rosén"'),
            (v1.payment_intents, 'amount>4000 AND amount<=4321 AND status:"succeeded" AND currency:"eur"'),
            (v1.charges, 'payment_method_details.card.last4:4242 AND refunded:"false"'),
            (v1.products, 'active:"true" AND name~"mug"'),
            (v1.prices, f'product:"{product.id}" AND lookup_key:null')):
        assert len(found.search({"query": words + both}).data) == 1, words
    v1.customers.update(customer.id, {"name": "Other"})
    assert ids(v1.customers.search({"query": f'name:"jenny rosén"{both}'})) == []
    v1.customers.delete(customer.id)
    assert ids(v1.customers.search(query)) == []


def test_results_come_in_pages(v1) -> None:
    mark = uuid4().hex
    made = [v1.customers.create({"metadata": {"page": mark}}).id for _ in range(5)]
    first = v1.customers.search({"query": f'metadata["page"]:"{mark}"', "limit": 2})
    assert (first.object, first.has_more, ids(first)) == ("search_result", True, made[:2:-1])
    assert [one.id for one in first.auto_paging_iter()] == made[::-1]


def test_another_merchants_objects_are_never_found(stack: Stack, v1) -> None:
    mark = uuid4().hex
    other = clients.client(stack, clients.another_account(stack).secret_key).v1
    other.customers.create({"metadata": {"m": mark}})
    assert ids(v1.customers.search({"query": f'metadata["m"]:"{mark}" OR metadata["m"]:"{mark}"'})) == []


@pytest.mark.parametrize(("params", "param"), [
    ({"query": "nothing:1"}, "query"), ({"query": ""}, "query"), ({}, "query"),
    ({"query": "name:x", "page": "é"}, "page"), ({"query": "name:x", "page": "abc"}, "page"),
    ({"query": "name:x", "limit": 101}, "limit"), ({"query": 'name~"ab"'}, "query")])
def test_what_is_wrong_is_named(v1, params, param) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        v1.customers.search(params)
    assert (refused.value.http_status, refused.value.param) == (400, param)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=80) | st.from_regex(
    r'-?(amount|created|currency|status|customer|metadata\["[a-z%\']{1,5}"\])(:|~|>|<=)("[^"\\]{0,9}"|[0-9]{1,22}|null)'
    r'( (AND|OR) (amount|status)(:|>)[a-z0-9]{1,9})?', fullmatch=True))
def test_no_query_is_our_fault(http: httpx2.Client, query: str) -> None:
    answer = http.get("/v1/payment_intents/search", params={"query": query})
    assert answer.status_code in (200, 400), (query, answer.text)
