"""The two merchants of the demo are ordinary ones, and each is nobody to the other: by the API and in the portal."""

from contextlib import closing

import httpx2
import pytest

from backend.seed import SECOND
from tests.conformance import clients
from tests.operators import Operator
from tests.stack import Stack

SAME = {"sec-fetch-site": "same-origin"}


def browser(stack: Stack, one: dict[str, str]) -> httpx2.Client:
    """A browser in which this merchant has signed in."""
    made = httpx2.Client(base_url=f"http://localhost:{stack.port}", headers=SAME, timeout=30, trust_env=False)
    signed = {"email": one["portal_email"], "password": one["portal_password"]}
    assert made.post("/login", data=signed).status_code == 303
    return made


@pytest.mark.parametrize("turn", [0, 1])
def test_what_one_merchant_has_the_other_never_sees(stack: Stack, no_tries: None, turn: int) -> None:
    both = [stack.values, stack.values[SECOND]]
    one, other = both[turn], both[1 - turn]
    with clients.http(stack, one["secret_key"]) as client:
        customer = client.post("/v1/customers", data={"name": "Jenny"}).json()["id"]
        paid = client.post("/v1/payment_intents", data={
            "amount": "1234", "currency": "usd", "confirm": "true", "payment_method": "pm_card_visa",
            "customer": customer})
        assert paid.json()["status"] == "succeeded"
        ways = [f"/v1/customers/{customer}", f"/v1/payment_intents/{paid.json()['id']}",
                f"/v1/charges/{paid.json()['latest_charge']}"]
        assert [client.get(way).status_code for way in ways] == [200] * 3
    with clients.http(stack, other["secret_key"]) as client:
        assert [client.get(way).status_code for way in ways] == [404] * 3
        assert paid.json()["id"] not in client.get("/v1/payment_intents?limit=100").text
        refund = client.post("/v1/refunds", data={"payment_intent": paid.json()["id"]})
        assert (refund.status_code, refund.json()["error"]["code"]) == (400, "resource_missing")
    page, line = f"/test/payments/{paid.json()['id']}", f"/test/logs/{paid.headers['request-id']}"
    with closing(browser(stack, one)) as mine, closing(browser(stack, other)) as theirs:
        stack.wait(lambda: mine.get(line).status_code == 200)
        assert [mine.get(way).status_code for way in (page, line)] == [200, 200]
        assert [theirs.get(way).status_code for way in (page, line)] == [404, 404]
        assert theirs.post(f"{page}/refund").status_code == 404
        assert paid.json()["id"] in mine.get("/test/payments").text
        assert paid.json()["id"] not in theirs.get("/test/payments").text


def test_both_are_accounts_like_any_other(stack: Stack) -> None:
    operator = Operator(stack.environment())
    for one in (stack.values, stack.values[SECOND]):
        found = operator.answers("account", "show", one["account"])
        assert found["environments"] == ["test"]
        assert found["members"] == [f"{one['portal_email']} (owner)"]
        made = operator.answers("key", "create", one["account"])
        with clients.http(stack, made["key"]) as client:
            assert client.get("/v1/account").json()["id"] == one["account"]
