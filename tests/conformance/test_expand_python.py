"""The official Python package expands objects, lists and lists within objects."""

import pytest
import stripe


def _paid(client: stripe.StripeClient, *expand: str, key: str | None = None) -> stripe.PaymentIntent:
    customer = client.v1.customers.create({"name": "Ada"})
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    return client.v1.payment_intents.create(
        {"amount": 1500, "currency": "usd", "confirm": True, "customer": customer.id, "payment_method": method.id,
         "payment_method_types": ["card"], "expand": list(expand)}, {"idempotency_key": key} if key else {})


def test_a_payment_shows_its_objects(client: stripe.StripeClient) -> None:
    paid = _paid(client, "customer", "latest_charge.refunds", "latest_charge.payment_intent.payment_method")
    assert paid.customer.name == "Ada"
    assert paid.latest_charge.refunds.object == "list"
    assert paid.latest_charge.payment_intent.payment_method.card.last4 == "4242"
    plain = client.v1.payment_intents.retrieve(paid.id)
    assert (plain.customer, plain.latest_charge) == (paid.customer.id, paid.latest_charge.id)


def test_a_list_shows_the_objects_of_all_its_rows(client: stripe.StripeClient) -> None:
    for _ in range(3):
        _paid(client)
    page = client.v1.payment_intents.list({"limit": 3, "expand": ["data.customer", "data.latest_charge"]})
    assert {one.customer.object for one in page.data} == {"customer"}
    assert {one.latest_charge.status for one in page.data} == {"succeeded"}


def test_checkout_sessions_show_what_they_sell(client: stripe.StripeClient) -> None:
    price = {"currency": "usd", "unit_amount": 700, "product_data": {"name": "Notebook"}}
    for quantity in (1, 2):
        client.v1.checkout.sessions.create({
            "mode": "payment", "success_url": "https://merchant.example/paid",
            "line_items": [{"price_data": price, "quantity": quantity}]})
    shown = client.v1.checkout.sessions.list({"limit": 2, "expand": ["data.line_items"]}).data
    assert [one.line_items.data[0].quantity for one in shown] == [2, 1]
    assert client.v1.checkout.sessions.line_items.list(shown[0].id) == shown[0].line_items


def test_an_expanded_answer_is_replayed_as_it_was(client: stripe.StripeClient) -> None:
    first = _paid(client, "latest_charge")
    body = {"amount": 900, "expand": ["charge"], "payment_intent": first.id}
    made = client.v1.refunds.create(body, {"idempotency_key": f"grow-{first.id}"})
    client.v1.refunds.create({"payment_intent": first.id, "amount": 100})
    again = client.v1.refunds.create(body, {"idempotency_key": f"grow-{first.id}"})
    assert made.charge.amount_refunded == again.charge.amount_refunded == 900
    assert str(made) == str(again)


@pytest.mark.parametrize(("path", "says"), [
    ("nothing", "cannot be expanded"), ("amount", "cannot be expanded"), ("customer.name", "cannot be expanded"),
    ("a.b.c.d.e", "more than 4 levels"), ("data.customer", "cannot be expanded")])
def test_a_path_that_leads_nowhere_is_refused(client: stripe.StripeClient, path: str, says: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=says) as refused:
        client.v1.payment_intents.create({"amount": 1500, "currency": "usd", "expand": [path]})
    assert refused.value.param == "expand[0]"
