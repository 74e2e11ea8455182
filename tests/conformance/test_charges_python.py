"""The official Python package charges cards the older way: at once, held and captured, declined; and changes words."""

from typing import Any

import pytest
import stripe

from tests.conformance import clients
from tests.stack import Stack


def test_a_card_is_charged_at_once(client: stripe.StripeClient) -> None:
    made = client.v1.charges.create({
        "amount": 2000, "currency": "usd", "source": "tok_visa", "description": "Mug", "metadata": {"order": "7"},
        "receipt_email": "j@example.com", "statement_descriptor_suffix": "MUG", "transfer_group": "GROUP-7"})
    assert (made.object, made.status, made.paid, made.captured, made.amount_captured) == (
        "charge", "succeeded", True, True, 2000)
    assert (made.description, made.receipt_email, made.metadata.to_dict()) == ("Mug", "j@example.com", {"order": "7"})
    assert client.v1.charges.retrieve(made.id) == made
    assert [one.id for one in client.v1.charges.list({"transfer_group": "GROUP-7"}).data] == [made.id]
    assert not client.v1.charges.list({"transfer_group": "GROUP-7", "created": {"lt": made.created}}).data
    assert clients.told(client, made.id) == ["charge.succeeded"]
    back = client.v1.refunds.create({"charge": made.id, "amount": 500})
    assert (back.status, back.charge) == ("succeeded", made.id)


def test_a_charge_may_be_held_and_captured(client: stripe.StripeClient) -> None:
    held = client.v1.charges.create({"amount": 2000, "currency": "usd", "source": "tok_visa", "capture": False})
    assert (held.status, held.captured, held.amount_captured) == ("succeeded", False, 0)
    done = client.v1.charges.capture(held.id, {"amount": 1500, "receipt_email": "late@example.com"})
    assert (done.id, done.captured, done.amount_captured, done.receipt_email) == (
        held.id, True, 1500, "late@example.com")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.charges.capture(held.id)
    assert refused.value.code == "charge_already_captured"
    intent = client.v1.payment_intents.create({"amount": 900, "currency": "usd", "payment_method": "pm_card_visa",
                                               "confirm": True, "capture_method": "manual"})
    client.v1.payment_intents.cancel(intent.id)
    with pytest.raises(stripe.InvalidRequestError) as late:
        client.v1.charges.capture(str(intent.latest_charge))
    assert late.value.code == "charge_expired_for_capture"


def test_a_decline_names_the_failed_charge(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as refused:
        client.v1.charges.create({"amount": 2000, "currency": "usd", "source": "tok_visa_chargeDeclined"})
    error: Any = refused.value.error
    assert (error.code, error.decline_code) == ("card_declined", "generic_decline")
    assert error.payment_intent is None
    failed = client.v1.charges.retrieve(error.charge)
    assert (failed.status, failed.failure_code, failed.paid) == ("failed", "card_declined", False)
    with pytest.raises(stripe.InvalidRequestError) as nothing:
        client.v1.charges.capture(failed.id)
    assert nothing.value.code == "charge_not_capturable"
    with pytest.raises(stripe.CardError) as asks:
        client.v1.charges.create({"amount": 2000, "currency": "usd", "source": "tok_authenticationRequired"})
    assert asks.value.code == "authentication_required"


def test_a_customer_is_charged_by_what_they_keep(client: stripe.StripeClient) -> None:
    empty = client.v1.customers.create()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.charges.create({"amount": 2000, "currency": "usd", "customer": empty.id})
    assert (refused.value.code, refused.value.param) == ("missing", "customer")
    customer = client.v1.customers.create({"payment_method": "pm_card_mastercard"})
    made = client.v1.charges.create({"amount": 2000, "currency": "usd", "customer": customer.id})
    assert made.payment_method_details is not None
    assert made.payment_method_details.card is not None
    assert (made.customer, made.payment_method_details.card.brand) == (customer.id, "mastercard")
    for params, param in (({"source": ""}, "source"), ({}, "source"), ({"source": "tok_nobody"}, "source")):
        with pytest.raises(stripe.InvalidRequestError) as missing:
            client.v1.charges.create({"amount": 2000, "currency": "usd", **params})
        assert missing.value.param == param


def test_the_same_key_charges_once_with_the_same_bytes(stack: Stack) -> None:
    form = {"amount": "2000", "currency": "usd", "source": "tok_visa", "metadata[b]": "2", "metadata[a]": "1"}
    with clients.http(stack) as http:
        answers = [http.post("/v1/charges", data=form, headers={"Idempotency-Key": "charge-once"}) for _ in range(2)]
        assert answers[0].json()["object"] == "charge"
        assert answers[0].content == answers[1].content
        assert answers[1].headers["Idempotent-Replayed"] == "true"
        held = http.post("/v1/charges", data={**form, "capture": "false"}).json()
        caught = [http.post(f"/v1/charges/{held['id']}/capture", headers={"Idempotency-Key": "capture-once"})
                  for _ in range(2)]
        assert caught[0].content == caught[1].content
        assert caught[0].json()["captured"] is True
        form["source"] = "tok_visa_chargeDeclined"
        declined = [http.post("/v1/charges", data=form, headers={"Idempotency-Key": "decline-once"}) for _ in range(2)]
        assert declined[0].status_code == 402
        assert declined[0].content == declined[1].content


def test_a_charges_words_change_and_nothing_else(client: stripe.StripeClient) -> None:
    paid = client.v1.payment_intents.create({
        "amount": 900, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True, "description": "Intent",
        "metadata": {"a": "1"}})
    changed = client.v1.charges.update(str(paid.latest_charge), {
        "description": "Charge", "metadata": {"b": "2"}, "receipt_email": "x@example.com", "transfer_group": "T1",
        "fraud_details": {"user_report": "safe"}, "shipping": {"name": "J", "address": {"line1": "1 Street"}}})
    assert (changed.description, changed.metadata.to_dict()) == ("Charge", {"a": "1", "b": "2"})
    assert changed.fraud_details is not None
    assert changed.fraud_details.user_report == "safe"
    assert client.v1.charges.retrieve(changed.id) == changed
    assert client.v1.payment_intents.retrieve(paid.id).description == "Intent"
    assert clients.told(client, changed.id) == ["charge.succeeded", "charge.updated"]
    cleared = client.v1.charges.update(changed.id, {"fraud_details": {"user_report": ""}})
    assert cleared.to_dict()["fraud_details"] == {}
    client.v1.refunds.create({"charge": changed.id})
    after = client.v1.charges.retrieve(changed.id)
    assert (after.refunded, after.description) == (True, "Charge")  # a later step keeps its words
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.charges.update(changed.id, {"amount": 1})
    assert refused.value.code == "parameter_unknown"
