"""What a restricted key sees inside the objects that it may read: ids, by whatever way the objects would come in."""

from collections.abc import Callable

import httpx2
import pytest

from api.app import RIGHTS
from api.objects import OBJECTS
from backend.accounts import api_keys
from backend.db import Database
from tests import builders
from tests.conformance import clients
from tests.conformance.clients import Account, aside
from tests.stack import Stack

Key = Callable[..., str]
PAID = {"amount": "1200", "currency": "usd", "confirm": "true", "payment_method_types[0]": "card"}
ROUTES = {"ch": "charges", "cs": "checkout/sessions", "cus": "customers", "dp": "disputes",
          "issfr": "radar/early_fraud_warnings", "pi": "payment_intents", "pm": "payment_methods", "price": "prices",
          "promo": "promotion_codes", "re": "refunds", "txn": "balance_transactions", "seti": "setup_intents",
          "plink": "payment_links", "txi": "tax_ids", "link": "file_links", "file": "files", "prod": "products"}


@pytest.fixture(scope="module")
def merchant(stack: Stack) -> Account:
    return clients.another_account(stack)


@pytest.fixture(scope="module")
def key(stack: Stack, merchant: Account) -> Key:
    """Makes restricted keys: `key(customers="read")`."""
    async def made(permissions: dict[str, str]) -> str:
        database = Database(stack.urls.app, pool_size=1, name="tests")
        await database.open()
        try:
            async with database.everywhere(actor="test") as tx:
                return await api_keys.create(tx, merchant.env, "restricted", permissions=permissions)
        finally:
            await database.close()
    return lambda **permissions: str(aside(made(permissions)))


@pytest.fixture(scope="module")
def customer(stack: Stack, merchant: Account) -> str:
    with clients.http(stack, merchant.secret_key) as http:
        made = http.post("/v1/customers", data={"email": "ada@example.com", "payment_method": "pm_card_visa"})
        assert made.status_code == 200, made.text
        return str(made.json()["id"])


def pay(http: httpx2.Client, customer: str, idempotency: str = "", **more: str) -> httpx2.Response:
    method = http.get(f"/v1/customers/{customer}/payment_methods").json()["data"][0]["id"] if not more else ""
    form = {**PAID, "customer": customer, **({"payment_method": method} if method else {}), **more}
    return http.post("/v1/payment_intents", data=form,
                     headers={"Idempotency-Key": idempotency} if idempotency else {})


EXPANDED = {"expand[0]": "latest_charge.balance_transaction", "expand[1]": "customer", "expand[2]": "payment_method"}


def test_every_path_of_every_object_stays_an_id_without_its_right(stack: Stack, merchant: Account, key: Key) -> None:
    """The object's own right and no other; each path that the secret key sees in full."""
    seen = 0
    with clients.http(stack, merchant.secret_key) as http:
        client = clients.client(stack, merchant.secret_key)
        for prefix, route in ROUTES.items():
            id = builders.MAKERS[prefix](client.v1)
            name = http.get(f"/v1/{route}/{id}").json()["object"]
            own = RIGHTS.resource(name)
            assert own
            with clients.http(stack, key(**{own: "read"})) as narrow:
                for field, kind in OBJECTS[name].fields.items():
                    if not any(RIGHTS.resource(one) not in (None, own) for one in kind.objects):
                        continue
                    asked = f"/v1/{route}/{id}?expand[]={field}"
                    full, shown = http.get(asked).json().get(field), narrow.get(asked)
                    assert shown.status_code == 200, shown.text
                    told = shown.json().get(field)
                    assert told is None or isinstance(told, str), (name, field, told)
                    seen += isinstance(full, dict)
    assert seen >= 14


@pytest.mark.parametrize("path", ["/v1/payment_intents?expand[]=data.customer&expand[]=data.latest_charge",
                                  "/v1/payment_intents/search?query=currency:'usd'&expand[]=data.customer"])
def test_lists_and_searches_keep_to_it(stack: Stack, merchant: Account, key: Key, customer: str, path: str) -> None:
    with clients.http(stack, merchant.secret_key) as http:
        assert pay(http, customer).status_code == 200
        assert "ada@example.com" in http.get(path).text
    with clients.http(stack, key(payment_intents="read")) as narrow:
        answer = narrow.get(path)
        assert answer.status_code == 200
        assert "ada@example.com" not in answer.text
        assert customer in answer.text


def test_a_replay_shows_no_more_than_the_key_may_see(stack: Stack, merchant: Account, key: Key, customer: str) -> None:
    form = {"payment_method": "pm_card_visa", **EXPANDED}
    with clients.http(stack, merchant.secret_key) as http:
        first = pay(http, customer, "shared-key", **form)
        assert first.json()["customer"]["email"] == "ada@example.com"
    with clients.http(stack, key(payment_intents="write")) as narrow:
        again = pay(narrow, customer, "shared-key", **form)
        assert again.headers["idempotent-replayed"] == "true"
        assert [type(again.json()[name]) for name in ("customer", "latest_charge", "payment_method")] == [str] * 3
    with clients.http(stack, merchant.secret_key) as http:
        assert pay(http, customer, "shared-key", **form).content == first.content


def test_a_customers_methods_need_the_right_to_methods(stack: Stack, key: Key, customer: str) -> None:
    path = f"/v1/customers/{customer}/payment_methods"
    with clients.http(stack, key(customers="write")) as narrow:
        assert narrow.get(f"/v1/customers/{customer}").status_code == 200
        refused = narrow.get(path)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "permission_missing")
        assert "payment_methods: read" in refused.json()["error"]["message"]
    with clients.http(stack, key(payment_methods="read")) as narrow:
        [method] = narrow.get(path).json()["data"]
        assert narrow.get(f"{path}/{method['id']}").json()["id"] == method["id"]


def test_what_the_key_may_read_is_expanded(stack: Stack, key: Key, customer: str) -> None:
    with clients.http(stack, key(payment_intents="write", customers="read", charges="read")) as narrow:
        shown = pay(narrow, customer, payment_method="pm_card_visa", **EXPANDED).json()
        assert shown["customer"]["email"] == "ada@example.com"
        assert shown["latest_charge"]["balance_transaction"].startswith("txn_")
        assert shown["payment_method"].startswith("pm_")


def test_lists_that_older_versions_carry_need_their_right(stack: Stack, merchant: Account, key: Key,
                                                          customer: str) -> None:
    old = {"Stripe-Version": "2020-08-27"}
    with clients.http(stack, merchant.secret_key) as http:
        intent = pay(http, customer).json()["id"]
        assert http.get(f"/v1/payment_intents/{intent}", headers=old).json()["charges"]["data"]
    with clients.http(stack, key(payment_intents="read")) as narrow:
        answer = narrow.get(f"/v1/payment_intents/{intent}", headers=old)
        assert answer.status_code == 200
        assert "charges" not in answer.json()


def test_a_decline_shows_the_method_only_with_its_right(stack: Stack, key: Key, customer: str) -> None:
    card = {"payment_method": "pm_card_visa_chargeDeclined"}
    for granted, shown in (({}, False), ({"payment_methods": "read"}, True)):
        with clients.http(stack, key(payment_intents="write", **granted)) as narrow:
            error = pay(narrow, customer, **card).json()["error"]
            assert ("payment_method" in error) is shown
            assert ("payment_method" in error["payment_intent"]["last_payment_error"]) is shown
