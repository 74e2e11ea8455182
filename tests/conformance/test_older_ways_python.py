"""The official Python package keeps cards in the older ways: an expiry is renewed, cards are sources of customers."""

from typing import Any

import pytest
import stripe

from tests import books
from tests.conformance import clients
from tests.stack import Stack


@pytest.fixture(scope="module")
def client(stack: Stack) -> stripe.StripeClient:
    return clients.client(stack)


def _told(client: stripe.StripeClient, id: str) -> list[str]:
    events = client.v1.events.list({"limit": 100}).data
    return [event.type for event in reversed(events) if event.data.object["id"] == id]


def _kept(client: stripe.StripeClient) -> stripe.PaymentMethod:
    customer = client.v1.customers.create({"name": "Older"})
    return client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})


# ---- the expiry of a kept card

async def test_the_expiry_of_a_kept_card_is_renewed_where_it_is_kept(client: stripe.StripeClient, stack: Stack) -> None:
    method = _kept(client)
    assert method.card
    paid = client.v1.payment_intents.create({
        "amount": 500, "currency": "usd", "customer": str(method.customer), "payment_method": method.id,
        "confirm": True, "expand": ["latest_charge"]})
    changed = client.v1.payment_methods.update(method.id, {"card": {"exp_month": 7, "exp_year": 2041}})
    assert changed.card
    assert (changed.card.exp_month, changed.card.exp_year, changed.card.fingerprint) == (
        7, 2041, method.card.fingerprint)
    with clients.superuser(stack) as link:
        assert link.execute("SELECT exp_month, exp_year FROM vault.card WHERE token = %s", (method.id,)).fetchall() == [
            (7, 2041)]
    event = next(one for one in client.v1.events.list({"type": "payment_method.updated"}).data
                 if one.data.object["id"] == method.id)
    assert event.data.previous_attributes
    assert event.data.previous_attributes.to_dict() == {
        "card": {"exp_month": method.card.exp_month, "exp_year": method.card.exp_year}}
    charge: Any = paid.latest_charge
    assert client.v1.charges.retrieve(charge.id).payment_method_details == charge.payment_method_details  # as it was
    half = client.v1.payment_methods.update(method.id, {"card": {"exp_year": 44}})
    assert half.card
    assert (half.card.exp_month, half.card.exp_year) == (7, 2044)
    assert not await books.violations(stack)


@pytest.mark.parametrize(("card", "code", "param"), [
    ({"exp_month": 13}, "invalid_expiry_month", "exp_month"), ({"exp_month": 0}, "invalid_expiry_month", "exp_month"),
    ({"exp_year": 2020}, "invalid_expiry_year", "exp_year"), ({"exp_year": 2999}, "invalid_expiry_year", "exp_year")])
def test_an_expiry_that_is_none_or_over_is_a_card_error(card: Any, code: str, param: str,
                                                        client: stripe.StripeClient) -> None:
    method = _kept(client)
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_methods.update(method.id, {"card": card})
    assert (refused.value.code, refused.value.param) == (code, param)
    assert client.v1.payment_methods.retrieve(method.id).card == method.card


def test_only_a_kept_card_has_an_expiry_to_renew(client: stripe.StripeClient) -> None:
    loose = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    with pytest.raises(stripe.InvalidRequestError, match="save this PaymentMethod to a customer"):
        client.v1.payment_methods.update(loose.id, {"card": {"exp_year": 2041}})
    assert client.v1.payment_methods.retrieve(loose.id).card == loose.card
    account = client.v1.payment_methods.attach("pm_usBankAccount_success", {
        "customer": str(_kept(client).customer)})
    with pytest.raises(stripe.InvalidRequestError, match="A bank account has no expiry") as refused:
        client.v1.payment_methods.update(account.id, {"card": {"exp_year": 2041}})
    assert refused.value.param == "card"
