"""The official Python package sets cards up: at once, with a challenge, refused, given up; and pays with them later."""

from typing import Any

import pytest
import stripe

from tests.conformance import clients
from tests.stack import Stack


def _challenge(setup: stripe.SetupIntent, press: str = "test-source-authorize-3ds") -> None:
    action = setup.next_action
    assert action is not None
    told: Any = action.to_dict()
    url = told["redirect_to_url"]["url"] if "redirect_to_url" in told else told["use_stripe_sdk"]["stripe_js"]
    with clients.Shopper() as shopper:
        shopper.authenticate(url, press=press)


def test_a_card_is_set_up_and_kept_with_its_customer(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"email": "keep@example.com"})
    setup = client.v1.setup_intents.create({"customer": customer.id, "metadata": {"a": "1"}})
    assert (setup.status, setup.usage) == ("requires_payment_method", "off_session")
    setup = client.v1.setup_intents.update(setup.id, {"payment_method": "pm_card_visa", "description": "First"})
    assert (setup.status, setup.description) == ("requires_confirmation", "First")
    setup = client.v1.setup_intents.confirm(setup.id, {"expand": ["latest_attempt", "payment_method"]})
    assert setup.status == "succeeded"
    assert isinstance(setup.payment_method, stripe.PaymentMethod)
    assert setup.payment_method.customer == customer.id
    assert isinstance(setup.latest_attempt, stripe.SetupAttempt)
    card = setup.latest_attempt.payment_method_details.card
    assert card is not None
    assert (setup.latest_attempt.status, card.last4, card.three_d_secure) == ("succeeded", "4242", None)
    assert card.checks is not None
    assert card.checks.cvc_check == "pass"
    tries = client.v1.setup_attempts.list({"setup_intent": setup.id}).data
    assert [one.id for one in tries] == [setup.latest_attempt.id]
    assert clients.told(client, setup.id) == ["setup_intent.created", "setup_intent.succeeded"]
    assert clients.told(client, setup.payment_method.id) == ["payment_method.attached"]
    assert [one.id for one in client.v1.setup_intents.list({"customer": customer.id}).data] == [setup.id]
    assert [one.id for one in client.v1.setup_intents.list({"payment_method": setup.payment_method.id}).data] == [
        setup.id]
    for verb in (client.v1.setup_intents.confirm, client.v1.setup_intents.cancel):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            verb(setup.id)
        assert refused.value.code == "setup_intent_unexpected_state"
    client.v1.setup_intents.update(setup.id, {"metadata": {"b": "2"}})  # words may still change


def test_a_refused_card_is_not_kept_and_another_may_follow(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create()
    with pytest.raises(stripe.CardError) as refused:
        client.v1.setup_intents.create({
            "customer": customer.id, "payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds",
            "confirm": True})
    error: Any = refused.value.error
    assert (error.code, error.decline_code) == ("card_declined", "insufficient_funds")
    setup = client.v1.setup_intents.retrieve(error.setup_intent["id"])
    assert setup.status == "requires_payment_method"
    assert setup.last_setup_error is not None
    assert setup.last_setup_error.decline_code == "insufficient_funds"
    assert clients.told(client, setup.id) == ["setup_intent.created", "setup_intent.setup_failed"]
    again = client.v1.setup_intents.confirm(setup.id, {"payment_method": "pm_card_visa"})
    assert (again.status, again.last_setup_error) == ("succeeded", None)
    assert [one.status for one in client.v1.setup_attempts.list({"setup_intent": setup.id}).data] == [
        "succeeded", "failed"]
    assert len(client.v1.customers.payment_methods.list(customer.id).data) == 1


def test_a_challenge_leads_to_a_kept_card(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create()
    setup = client.v1.setup_intents.create({
        "customer": customer.id, "payment_method": "pm_card_authenticationRequired", "confirm": True,
        "return_url": "https://merchant.example/back"})
    assert (setup.status, setup.next_action and setup.next_action.type) == ("requires_action", "redirect_to_url")
    _challenge(setup)
    setup = client.v1.setup_intents.retrieve(setup.id, {"expand": ["latest_attempt"]})
    assert (setup.status, setup.next_action) == ("succeeded", None)
    assert isinstance(setup.latest_attempt, stripe.SetupAttempt)
    secure = setup.latest_attempt.payment_method_details.card
    assert secure is not None
    assert secure.three_d_secure is not None
    assert secure.three_d_secure.result == "authenticated"
    assert len(client.v1.setup_attempts.list({"setup_intent": setup.id}).data) == 1
    assert clients.told(client, setup.id) == ["setup_intent.created", "setup_intent.requires_action",
                                       "setup_intent.succeeded"]
    assert len(client.v1.customers.payment_methods.list(customer.id).data) == 1


def test_a_failed_challenge_keeps_nothing(client: stripe.StripeClient) -> None:
    setup = client.v1.setup_intents.create({"payment_method": "pm_card_authenticationRequired", "confirm": True})
    assert setup.next_action is not None
    assert setup.next_action.type == "use_stripe_sdk"
    _challenge(setup, clients.FAIL)
    setup = client.v1.setup_intents.retrieve(setup.id)
    assert setup.last_setup_error is not None
    assert (setup.status, setup.last_setup_error.code, setup.payment_method) == (
        "requires_payment_method", "setup_intent_authentication_failure", None)


def test_one_that_is_given_up_stays_so_whatever_the_bank_says(client: stripe.StripeClient) -> None:
    setup = client.v1.setup_intents.create({"payment_method": "pm_card_authenticationRequired", "confirm": True})
    gone = client.v1.setup_intents.cancel(setup.id, {"cancellation_reason": "abandoned"})
    assert (gone.status, gone.cancellation_reason, gone.next_action) == ("canceled", "abandoned", None)
    assert [one.status for one in client.v1.setup_attempts.list({"setup_intent": setup.id}).data] == ["abandoned"]
    _challenge(setup)
    assert client.v1.setup_intents.retrieve(setup.id).status == "canceled"
    assert clients.told(client, setup.id)[-1] == "setup_intent.canceled"


def test_another_card_takes_the_place_of_one_whose_challenge_is_open(client: stripe.StripeClient) -> None:
    setup = client.v1.setup_intents.create({"payment_method": "pm_card_authenticationRequired", "confirm": True})
    done = client.v1.setup_intents.confirm(setup.id, {"payment_method": "pm_card_visa"})
    assert done.status == "succeeded"
    assert [one.status for one in client.v1.setup_attempts.list({"setup_intent": setup.id}).data] == [
        "succeeded", "abandoned"]
    _challenge(setup)  # too late: it changes nothing
    assert client.v1.setup_intents.retrieve(setup.id).payment_method == done.payment_method


def test_a_mandate_keeps_the_customers_word(client: stripe.StripeClient) -> None:
    accepted = {"customer_acceptance": {"type": "online", "online": {"ip_address": "127.0.0.1", "user_agent": "t"}}}
    setup = client.v1.setup_intents.create({
        "payment_method": "pm_card_visa", "confirm": True, "mandate_data": accepted})
    assert isinstance(setup.mandate, str)
    mandate = client.v1.mandates.retrieve(setup.mandate)
    assert (mandate.status, mandate.type, mandate.payment_method) == ("active", "multi_use", setup.payment_method)
    assert mandate.customer_acceptance.online is not None
    assert mandate.customer_acceptance.online.ip_address == "127.0.0.1"
    customer = client.v1.customers.create()
    kept = client.v1.setup_intents.create({"payment_method": "pm_card_visa", "confirm": True, "customer": customer.id,
                                           "mandate_data": accepted})
    client.v1.payment_methods.detach(str(kept.payment_method))
    assert client.v1.mandates.retrieve(str(kept.mandate)).status == "inactive"
    assert clients.told(client, str(kept.mandate)) == ["mandate.updated"]
    single = client.v1.setup_intents.create({
        "payment_method": "pm_card_visa", "confirm": True, "mandate_data": accepted,
        "single_use": {"amount": 500, "currency": "eur"}})
    assert isinstance(single.single_use_mandate, str)
    assert client.v1.mandates.retrieve(single.single_use_mandate).single_use is not None


def test_a_shopper_confirms_with_the_client_secret_and_sees_less(stack: Stack, client: stripe.StripeClient) -> None:
    setup = client.v1.setup_intents.create({"description": "Yours", "metadata": {"ours": "1"}})
    shopper = clients.client(stack, stack.publishable_key)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shopper.v1.setup_intents.retrieve(setup.id)
    assert refused.value.http_status == 404
    secret: Any = {"client_secret": setup.client_secret}
    seen = shopper.v1.setup_intents.retrieve(setup.id, secret).to_dict()
    assert not {"metadata", "customer", "latest_attempt"} & seen.keys()
    done = shopper.v1.setup_intents.confirm(setup.id, {**secret, "payment_method": "pm_card_visa"})
    assert done.status == "succeeded"
    assert "metadata" not in done.to_dict()


def test_the_same_key_sets_up_once(stack: Stack, client: stripe.StripeClient) -> None:
    options: Any = {"idempotency_key": "setup-once"}
    made = [client.v1.setup_intents.create({"payment_method": "pm_card_visa", "confirm": True}, options)
            for _ in range(2)]
    assert made[0].id == made[1].id
    declined: list[Any] = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refused:
            client.v1.setup_intents.create({"payment_method": "pm_card_visa_chargeDeclined", "confirm": True},
                                           {"idempotency_key": "setup-declined"})
        declined.append(refused.value.error)
    assert declined[0].setup_intent["id"] == declined[1].setup_intent["id"]


def test_racing_confirmations_end_as_one(stack: Stack, client: stripe.StripeClient) -> None:
    setup = client.v1.setup_intents.create({"payment_method": "pm_card_visa"})

    def confirm(_: int) -> str:
        try:
            return client.v1.setup_intents.confirm(setup.id).status
        except (stripe.InvalidRequestError, stripe.RateLimitError) as error:
            return str(error.error and error.error.code)

    ends = clients.parallel(8, confirm)
    assert ends.count("succeeded") == 1
    assert set(ends) <= {"succeeded", "setup_intent_unexpected_state", "lock_timeout"}
    assert len(client.v1.setup_attempts.list({"setup_intent": setup.id}).data) == 1


def test_the_database_refuses_a_step_that_the_table_does_not_have(stack: Stack, client: stripe.StripeClient) -> None:
    setup = client.v1.setup_intents.create({"payment_method": "pm_card_visa", "confirm": True})
    with clients.superuser(stack) as link, pytest.raises(Exception, match="no legal step"):
        link.execute("UPDATE pay.setup_intent SET doc = doc || '{\"status\": \"canceled\"}' WHERE id = %s", (setup.id,))
