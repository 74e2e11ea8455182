"""An object that a parameter names and that is not there is a bad parameter: 404 is for the address alone."""

import re
import uuid

import httpx2
import pytest

from api import operations, samples
from backend import ids
from backend.fields.types import Id
from tests import builders, tables
from tests.conformance import clients

PREFIXES = {"confirmation_token": "ctoken", "charge": "ch", "customer": "cus", "file": "file", "mandate": "mandate",
            "payment_intent": "pi", "payment_link": "plink", "payment_method": "pm", "price": "price",
            "product": "prod", "promotion_code": "promo", "coupon": "coupon", "shipping_rate": "shr", "source": "pm",
            "setup_intent": "seti", "token": "tok"}
_PAGE = ["mode=payment", "success_url=https://example.com/", "line_items[0][price]=$PRICE", "line_items[0][quantity]=1"]
BESIDE = {
    "checkout.sessions.create": _PAGE,
    **{f"{call} line_items[0][price_data][product]": [*page, "line_items[0][price_data][unit_amount]=2000"]
       for call, page in (("checkout.sessions.create", _PAGE), ("payment_links.create", _PAGE[2:]))},
    "payment_intents.create confirmation_token": ["confirm=true"],
    "payment_intents.create mandate": ["confirm=true", "payment_method=pm_card_visa"],
    "payment_intents.confirm mandate": ["payment_method=pm_card_visa"],
    "setup_intents.create confirmation_token": ["confirm=true"],
    "coupons.create": ["percent_off=25"],
    "promotion_codes.create": ["promotion[type]=coupon", "promotion[coupon]=$COUPON"],
    "disputes.update": ["submit=false"],
    "prices.create": ["currency=usd", "unit_amount=2000"],
}
"""What stands beside the reference, where that is not the sample of the call."""
OPERATIONS = [one for one in operations.of(tables.ROUTES) if one.method == "POST" and not one.endpoint.uploads]
PLACES = [(one, place, kind) for one in OPERATIONS
          for place, kind in tables.places(one.endpoint.params.fields) if isinstance(kind, Id)]
LISTS = [one for one in operations.of(tables.ROUTES) if "starting_after" in one.endpoint.params.fields]


@pytest.fixture(scope="module")
def mine(stack):
    made = builders.one_of_each(clients.client(stack)) | {"acct": stack.values["account"]}
    return {samples.variable(name)[1:]: made[prefix] for name, prefix in {
        **PREFIXES, "payment_link": "plink", "refund": "re", "dispute": "dp", "checkout.session": "cs",
        "webhook_endpoint": "we", "account": "acct", "file_link": "link", "tax_rate": "txr",
        "customer_balance_transaction": "cbtxn"}.items() if prefix in made}


@pytest.fixture(scope="module")
def http(stack):
    with clients.http(stack) as opened:
        yield opened


@pytest.mark.parametrize(("one", "place", "kind"), PLACES,
                         ids=[f"{one.id} {tables.bracketed(place)}" for one, place, _ in PLACES])
@pytest.mark.parametrize("unknown", ["well formed", "nobody's"])
def test_an_unknown_reference_is_a_bad_parameter(http, mine, one, place, kind, unknown):
    env = ids.environment(mine["CUSTOMER"])
    assert env
    id = ids.new(PREFIXES[kind.noun], env) if unknown == "well formed" else "nobody"
    name = tables.bracketed(place)
    answer = http.post(_address(one, mine), data=_body(one, place, id, mine),
                       headers={"Idempotency-Key": str(uuid.uuid4())})
    error = answer.json().get("error", {})
    assert (answer.status_code, error.get("code"), error.get("param")) == (400, "resource_missing", name), answer.text
    assert id in error["message"]


def _address(one: operations.Operation, mine: dict[str, str]) -> str:
    return re.sub(r"\$([A-Z_]+)", lambda found: mine[found[1]], samples.path(one))


def _body(one: operations.Operation, place: tables.Path, id: str, mine: dict[str, str]) -> dict[str, str]:
    """The reference, and what the call asks for beside it."""
    tree = tables.flat(tables.request(one.endpoint.params, place, id))
    wanted = BESIDE.get(f"{one.id} {tables.bracketed(place)}", BESIDE.get(one.id))
    fields = list(samples.sample(one).fields if wanted is None else wanted)
    beside = dict(field.split("=", 1) for field in fields)
    if place == ("applies_to", "products", "0"):
        tree = []
    rivals = {name for group in (*one.endpoint.params.exclusive, *one.endpoint.params.one_of) if place[0] in group
              for name in group if name != place[0]}
    kept = {name: value for name, value in {**dict(tree), **beside}.items()
            if name.partition("[")[0] not in rivals and not tables.bracketed(place).startswith(f"{name}[")}
    if place[-1] == "price_data" or "price_data" in place:
        kept = {name: value for name, value in kept.items() if not name.endswith("[price]") and "product_data" not in
                name}
    if place[-1] == "price":
        kept = {name: value for name, value in kept.items() if "price_data" not in name}
    filled = {name: re.sub(r"\$([A-Z_]+)", lambda found: mine[found[1]], value) for name, value in kept.items()}
    return {**filled, tables.bracketed(place): id}


def test_an_unknown_id_in_the_address_is_404(http, mine):
    env = ids.environment(mine["CUSTOMER"])
    assert env
    for path in ("/v1/customers/", "/v1/payment_intents/", "/v1/coupons/", "/v1/products/", "/v1/webhook_endpoints/"):
        for id in (ids.new("cus", env), "nobody"):
            answer = http.get(path + id)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "resource_missing")


@pytest.mark.parametrize("name", ["starting_after", "ending_before"])
@pytest.mark.parametrize("one", LISTS, ids=[one.id for one in LISTS])
def test_an_unknown_cursor_is_a_bad_parameter(http: httpx2.Client, mine: dict[str, str], one: operations.Operation,
                                              name: str) -> None:
    wanted = {"payment_methods": {"customer": mine["CUSTOMER"]},
              "setup_attempts": {"setup_intent": mine["SETUP_INTENT"]}}
    beside = wanted.get(one.nouns[0], {})
    answer = http.get(_address(one, mine), params={**beside, name: "xx_nobody"})
    error = answer.json().get("error", {})
    assert (answer.status_code, error.get("code"), error.get("param")) == (400, "resource_missing", name), answer.text
