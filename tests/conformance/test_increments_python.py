"""Raising an authorisation and capturing it in parts, as the official client sees it."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

WISH: dict[str, Any] = {"card": {"request_incremental_authorization": "if_available",
                                 "request_multicapture": "if_available"}}


def _hold(client: stripe.StripeClient, **more: Any) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create({
        "amount": 2000, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa",
        "capture_method": "manual", "payment_method_options": WISH, **more})


def _card(client: stripe.StripeClient, held: stripe.PaymentIntent) -> Any:
    shown = client.v1.payment_intents.retrieve(held.id, {"expand": ["latest_charge"]}).latest_charge
    assert isinstance(shown, stripe.Charge)
    assert shown.payment_method_details
    return shown.payment_method_details.card


def _types(client: stripe.StripeClient, held: stripe.PaymentIntent) -> list[str]:
    found = client.v1.events.list({"limit": 100}).data
    return [one.type for one in reversed(found) if one.data.object["id"] in (held.id, held.latest_charge)]


def test_the_options_are_shown_and_decide_what_the_charge_can(client: stripe.StripeClient) -> None:
    held = _hold(client)
    assert held.payment_method_options
    assert held.payment_method_options.card
    assert held.payment_method_options.card.request_incremental_authorization == "if_available"
    assert held.payment_method_options.card.request_multicapture == "if_available"
    card = _card(client, held)
    assert (card.incremental_authorization.status, card.multicapture.status) == ("available", "available")
    card = _card(client, _hold(client, payment_method_options={"card": {"request_multicapture": "never"}}))
    assert (card.incremental_authorization.status, card.multicapture.status) == ("unavailable", "unavailable")


def test_the_wish_may_come_with_the_update_or_the_confirmation(client: stripe.StripeClient) -> None:
    for first in (True, False):
        made = client.v1.payment_intents.create({"amount": 2000, "currency": "usd", "capture_method": "manual",
                                                 "payment_method": "pm_card_visa"})
        if first:
            client.v1.payment_intents.update(made.id, {"payment_method_options": WISH})
        held = client.v1.payment_intents.confirm(made.id, {} if first else {"payment_method_options": WISH})
        assert _card(client, held).incremental_authorization.status == "available"


def test_raised_captured_in_parts_and_refunded(client: stripe.StripeClient) -> None:
    held = _hold(client)
    more = client.v1.payment_intents.increment_authorization(held.id, {
        "amount": 3500, "description": "Late checkout", "metadata": {"room": "12"}, "statement_descriptor": "HOTEL"})
    assert (more.status, more.amount, more.amount_capturable) == ("requires_capture", 3500, 3500)
    assert (more.description, more.metadata["room"], more.statement_descriptor) == ("Late checkout", "12", "HOTEL")
    assert _card(client, held).amount_authorized == 3500
    one = client.v1.payment_intents.capture(held.id, {"amount_to_capture": 1000, "final_capture": False})
    assert (one.status, one.amount_capturable, one.amount_received) == ("requires_capture", 2500, 1000)
    two = client.v1.payment_intents.capture(held.id, {"amount_to_capture": 2000})
    assert (two.status, two.amount_capturable, two.amount_received) == ("succeeded", 0, 3000)
    back = client.v1.refunds.create({"payment_intent": held.id, "amount": 2500})
    assert (back.status, back.amount) == ("succeeded", 2500)
    charge = client.v1.charges.retrieve(str(held.latest_charge), {"expand": ["balance_transaction"]})
    assert (charge.amount, charge.amount_captured, charge.amount_refunded) == (3500, 3000, 3000)  # 500 were released
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert (charge.balance_transaction.amount, charge.balance_transaction.fee) == (3000, 117)
    assert _types(client, held).count("payment_intent.amount_capturable_updated") == 3
    assert _types(client, held).count("payment_intent.succeeded") == 1


def test_a_cancel_after_a_part_leaves_a_payment_that_succeeded(client: stripe.StripeClient) -> None:
    held = _hold(client)
    client.v1.payment_intents.capture(held.id, {"amount_to_capture": 700, "final_capture": False})
    done = client.v1.payment_intents.cancel(held.id)
    assert (done.status, done.amount_received, done.amount_capturable) == ("succeeded", 700, 0)


@pytest.mark.parametrize(("amount", "code"), [(2000, "amount_too_small"), (1999, "amount_too_small"),
                                              (0, "parameter_invalid_integer"), (100_000_000, "amount_too_large")])
def test_amounts_that_do_not_raise_are_refused(client: stripe.StripeClient, amount: int, code: str) -> None:
    held = _hold(client)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.increment_authorization(held.id, {"amount": amount})
    assert (refused.value.code, refused.value.param, refused.value.http_status) == (code, "amount", 400)
    assert client.v1.payment_intents.retrieve(held.id).amount == 2000


@pytest.mark.parametrize("end", ["capture", "cancel"])
def test_what_is_finished_is_not_raised(client: stripe.StripeClient, end: str) -> None:
    held = _hold(client)
    finish: Callable[[str], Any] = getattr(client.v1.payment_intents, end)
    finish(held.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.increment_authorization(held.id, {"amount": 3000})
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_repeated_request_raises_once(client: stripe.StripeClient) -> None:
    held = _hold(client)
    told = [client.v1.payment_intents.increment_authorization(
        held.id, {"amount": 3000}, {"idempotency_key": f"raise-{held.id}"}) for _ in range(3)]
    assert len({str(one) for one in told}) == 1
    assert told[0].amount == 3000
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.increment_authorization(held.id, {"amount": 3001},
                                                          {"idempotency_key": f"raise-{held.id}"})
