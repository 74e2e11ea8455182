"""`farthing message` on a stack that runs: what waits for a person is listed, asked about and settled."""

import httpx2
import psycopg
import pytest

from tests import books
from tests.conformance import clients
from tests.operators import Operator
from tests.stack import Stack

ODD = 1913
"""An amount that nobody else pays here."""


@pytest.fixture(scope="module")
def operator(stack: Stack) -> Operator:
    return Operator(stack.environment())


@pytest.fixture
def waiting(stack: Stack) -> str:
    """A message of a payment that was approved without our knowing it, left to a person; its id."""
    control = f"http://127.0.0.1:{stack.sandbox_port}/control"
    httpx2.post(control, json={"match": [{"fault": "approve_then_96", "amount": ODD, "once": True}]}).raise_for_status()
    with clients.http(stack) as http:
        made = http.post("/v1/payment_intents", data={
            "amount": str(ODD), "currency": "usd", "confirm": "true", "payment_method": "pm_card_visa"}).json()
    httpx2.post(control, json={"reset": True}).raise_for_status()
    assert made["status"] == "processing", made
    with psycopg.connect(stack.urls.auditor) as link:
        [env] = link.execute("SELECT env FROM pay.attempt WHERE payment_id = %s", (made["id"],)).fetchone() or [0]
    with psycopg.connect(stack.urls.owner) as link:
        link.execute("SELECT set_config('app.env', %s, true), set_config('app.actor', 'test', true)", (str(env),))
        row = link.execute("UPDATE pay.attempt SET status = 'manual', note = 'asked: no_answer' WHERE env = %s "
                           "AND payment_id = %s AND status = 'unknown' RETURNING id", (env, made["id"])).fetchone()
    assert row
    return str(row[0])


def test_a_message_is_listed_asked_about_and_settled(operator: Operator, waiting: str) -> None:
    [row] = [one for one in operator.answers("message", "list") if one["id"] == waiting]
    assert (row["environment"], row["amount"], row["currency"], row["why"]) == ("test", ODD, "usd", "asked: no_answer")
    assert waiting in operator.run("message", "list").stdout
    assert operator.answers("message", "show", waiting)["status"] == "manual"
    assert "message waits for a person, with money held: see 'farthing message list'" in operator.run("verify").stdout
    settled = operator.answers("message", "ask", waiting)
    assert (settled["status"], settled["said"]) == ("approved", [])
    assert waiting not in operator.run("message", "list").stdout
    assert operator.refused("message", "ask", waiting) == "This message waits for nobody: it is approved."


def test_it_is_settled_by_what_the_acquirer_told(stack: Stack, operator: Operator, waiting: str) -> None:
    reference = next(row["acquirer_ref"] for row in books.journal(stack)
                     if row["network_key"] == operator.answers("message", "show", waiting)["our_reference"])
    said = ("message", "approved", waiting, "--because", "Ms Bell, by telephone", "--reference")
    assert operator.refused(*said, "no such").startswith("A reference of an acquirer has")
    settled = operator.answers(*said, reference)
    assert (settled["status"], settled["acquirer_reference"]) == ("approved", reference)
    assert settled["said"] == ["approved: Ms Bell, by telephone"]


def test_not_done_cancels_it(operator: Operator, waiting: str) -> None:
    assert operator.answers("message", "not-done", waiting)["status"] == "reversed"


@pytest.mark.parametrize("id", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_what_is_no_message_is_told(operator: Operator, id: str) -> None:
    assert operator.refused("message", "show", id) == f"No such message: '{id}'"
