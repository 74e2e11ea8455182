"""The official Python package saves cards with payments, pays without the holder, and names cards by tokens."""

from typing import Any

import httpx2
import pytest
import stripe

from tests.conformance import clients
from tests.conformance.clients import CARD
from tests.stack import Stack


def _challenge(intent: Any) -> None:
    told = intent.next_action.to_dict()
    url = told["redirect_to_url"]["url"] if "redirect_to_url" in told else told["use_stripe_sdk"]["stripe_js"]
    with clients.Shopper() as shopper:
        shopper.authenticate(url)


def _pay(client: stripe.StripeClient, **more: Any) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create({"amount": 1200, "currency": "usd", "confirm": True, **more})


def _refused(client: stripe.StripeClient, **more: Any) -> Any:
    with pytest.raises(stripe.CardError) as refused:
        _pay(client, **more)
    return refused.value.error


# ---- saving with a payment


def test_a_payment_keeps_its_card_when_it_succeeds(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create()
    paid = _pay(client, customer=customer.id, payment_method="pm_card_visa", setup_future_usage="off_session")
    kept = client.v1.customers.payment_methods.list(customer.id).data
    assert [one.id for one in kept] == [paid.payment_method]
    assert clients.told(client, kept[0].id) == ["payment_method.attached"]
    later = _pay(client, customer=customer.id, payment_method=kept[0].id, off_session=True)
    assert later.status == "succeeded"
    _refused(client, customer=customer.id, payment_method="pm_card_visa_chargeDeclined",
             setup_future_usage="off_session")
    assert len(client.v1.customers.payment_methods.list(customer.id).data) == 1  # a declined card is not kept


def test_an_authorization_keeps_its_card_too_and_none_is_kept_without_a_customer(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create()
    held = _pay(client, customer=customer.id, payment_method="pm_card_visa", setup_future_usage="on_session",
                capture_method="manual")
    assert client.v1.payment_methods.retrieve(str(held.payment_method)).customer == customer.id
    alone = _pay(client, payment_method="pm_card_visa", setup_future_usage="off_session")
    assert client.v1.payment_methods.retrieve(str(alone.payment_method)).customer is None


# ---- the cards of test values section 6, with and without their holder


def test_a_card_that_was_set_up_pays_without_its_holder(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create()
    setup = client.v1.setup_intents.create({
        "customer": customer.id, "payment_method": "pm_card_authenticationRequiredOnSetup", "confirm": True})
    assert setup.status == "requires_action"
    _challenge(setup)
    method = str(client.v1.setup_intents.retrieve(setup.id).payment_method)
    away = _pay(client, customer=customer.id, payment_method=method, off_session=True)
    assert away.status == "succeeded"
    charge = client.v1.charges.retrieve(str(away.latest_charge))
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.three_d_secure is None
    here = _pay(client, customer=customer.id, payment_method=method)
    assert here.status == "requires_action"  # on-session always


def test_the_same_card_is_refused_without_its_holder_unless_set_up(client: stripe.StripeClient) -> None:
    error = _refused(client, payment_method="pm_card_authenticationRequiredOnSetup", off_session=True)
    assert error.code == "authentication_required"


def test_a_payment_with_its_holder_sets_a_card_up_as_well(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create()
    paid = _pay(client, customer=customer.id, payment_method="pm_card_authenticationRequiredOnSetup",
                setup_future_usage="off_session")
    _challenge(paid)
    done = client.v1.payment_intents.retrieve(paid.id)
    assert done.status == "succeeded"
    away = _pay(client, customer=customer.id, payment_method=done.payment_method, off_session=True)
    assert away.status == "succeeded"


def test_a_card_that_always_asks_is_declined_without_its_holder_even_when_set_up(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create()
    setup = client.v1.setup_intents.create({
        "customer": customer.id, "payment_method": "pm_card_authenticationRequired", "confirm": True})
    _challenge(setup)
    method = str(client.v1.setup_intents.retrieve(setup.id).payment_method)
    error = _refused(client, customer=customer.id, payment_method=method, off_session=True)
    assert (error.code, error.decline_code) == ("authentication_required", "authentication_required")
    intent = client.v1.payment_intents.retrieve(error.payment_intent["id"])
    assert intent.status == "requires_payment_method"
    again = client.v1.payment_intents.confirm(intent.id, {"payment_method": method})  # the holder is back
    assert again.status == "requires_action"


def test_a_card_that_comes_set_up(client: stripe.StripeClient) -> None:
    name = "pm_card_authenticationRequiredSetupForOffSession"
    assert _pay(client, payment_method=name, off_session=True).status == "succeeded"
    assert _pay(client, payment_method=name).status == "requires_action"


# ---- tokens


def test_a_token_is_good_for_one_payment_method(client: stripe.StripeClient, vault: stripe.StripeClient) -> None:
    token = vault.v1.tokens.create({"card": {**CARD, "name": "Jenny Rosen", "address_zip": "94107"}})
    assert (token.object, token.type, token.used, token.livemode) == ("token", "card", False, False)
    assert token.card is not None
    assert (token.card.brand, token.card.last4, token.card.name, token.card.address_zip) == (
        "Visa", "4242", "Jenny Rosen", "94107")
    method = client.v1.payment_methods.create({"type": "card", "card": {"token": token.id}})
    assert method.billing_details.name == "Jenny Rosen"
    assert client.v1.tokens.retrieve(token.id).used is True
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_methods.create({"type": "card", "card": {"token": token.id}})
    assert (refused.value.code, refused.value.param) == ("token_already_used", "card[token]")
    paid = _pay(client, payment_method=method.id)
    charge = client.v1.charges.retrieve(str(paid.latest_charge))
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.checks is not None
    assert charge.payment_method_details.card.checks.cvc_check == "pass"  # the code came along
    assert charge.payment_method_details.card.checks.address_postal_code_check == "pass"


def test_looking_at_a_token_does_not_spend_it(client: stripe.StripeClient, vault: stripe.StripeClient) -> None:
    token = vault.v1.tokens.create({"card": CARD})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_methods.retrieve(token.id)
    assert client.v1.tokens.retrieve(token.id).used is False


def test_a_racing_token_buys_one_method(client: stripe.StripeClient, vault: stripe.StripeClient) -> None:
    token = vault.v1.tokens.create({"card": CARD})

    def buy(_: int) -> str:
        try:
            return client.v1.payment_methods.create({"type": "card", "card": {"token": token.id}}).id
        except stripe.InvalidRequestError as error:
            return str(error.code)

    got = clients.parallel(8, buy)
    assert got.count("token_already_used") == 7


def test_card_numbers_are_refused_with_the_vaults_address(stack: Stack, client: stripe.StripeClient) -> None:
    calls = [lambda: client.v1.tokens.create({"card": CARD}),
             lambda: _pay(client, payment_method_data={"type": "card", "card": CARD}),
             lambda: client.v1.setup_intents.create({"payment_method_data": {"type": "card", "card": CARD}})]
    for call in calls:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            call()
        assert refused.value.code == "card_number_not_allowed_here"
        assert f":{stack.vault_port}/v1/" in str(refused.value.user_message)


def test_the_vault_checks_a_token_as_it_checks_a_method(vault: stripe.StripeClient) -> None:
    for change, code in (({"exp_month": "13"}, "invalid_expiry_month"), ({"cvc": "99"}, "invalid_cvc"),
                         ({"number": "4242424242424241"}, "incorrect_number"), ({"exp_year": "1999"},
                                                                               "invalid_expiry_year")):
        with pytest.raises(stripe.CardError) as refused:
            vault.v1.tokens.create({"card": {**CARD, **change}})
        assert refused.value.code == code


# ---- data and confirmation tokens


def test_payment_method_data_names_a_card_by_its_token(client: stripe.StripeClient, vault: stripe.StripeClient) -> None:
    token = vault.v1.tokens.create({"card": CARD})
    customer = client.v1.customers.create()
    data = {"type": "card", "card": {"token": token.id}, "billing_details": {"name": "Ada", "email": "a@example.com"},
            "allow_redisplay": "always", "metadata": {"m": "1"}}
    paid = _pay(client, payment_method_data=data, customer=customer.id, setup_future_usage="off_session")
    method = client.v1.payment_methods.retrieve(str(paid.payment_method))
    assert (method.billing_details.name, method.allow_redisplay, method.customer) == ("Ada", "always", customer.id)
    assert method.metadata is not None
    assert method.metadata.to_dict() == {"m": "1"}
    found = client.v1.payment_methods.list({"customer": customer.id, "allow_redisplay": "always"})
    assert [one.id for one in found.data] == [method.id]
    setup = client.v1.setup_intents.create({
        "payment_method_data": {"type": "card", "card": {"token": "tok_visa"}}, "confirm": True})
    assert setup.status == "succeeded"


def test_a_retry_with_its_key_may_spend_its_token_again(stack: Stack, client: stripe.StripeClient,
                                                        vault: stripe.StripeClient) -> None:
    token = vault.v1.tokens.create({"card": CARD})
    data = {"type": "card", "card": {"token": token.id}}
    intent = client.v1.payment_intents.create({"amount": 1200, "currency": "usd"})
    key: Any = {"idempotency_key": f"spend-{token.id}"}
    first = client.v1.payment_intents.confirm(intent.id, {"payment_method_data": data}, key)
    again = client.v1.payment_intents.confirm(intent.id, {"payment_method_data": data}, key)
    assert first.to_dict() == again.to_dict()


def test_a_confirmation_token_is_used_once(client: stripe.StripeClient) -> None:
    made = client.v1.test_helpers.confirmation_tokens.create({
        "payment_method": "pm_card_visa", "return_url": "https://merchant.example/done",
        "setup_future_usage": "off_session", "shipping": {"name": "J", "address": {"line1": "1 Street"}}})
    assert made.payment_method_preview is not None
    assert made.payment_method_preview.card is not None
    assert (made.payment_method_preview.card.last4, made.payment_intent) == ("4242", None)
    customer = client.v1.customers.create()
    intent = client.v1.payment_intents.create({"amount": 1200, "currency": "usd", "customer": customer.id})
    paid = client.v1.payment_intents.confirm(intent.id, {"confirmation_token": made.id})
    assert (paid.status, paid.setup_future_usage) == ("succeeded", "off_session")
    assert paid.shipping is not None
    assert paid.shipping.name == "J"
    assert client.v1.confirmation_tokens.retrieve(made.id).payment_intent == intent.id
    assert client.v1.payment_methods.retrieve(str(paid.payment_method)).customer == customer.id
    fresh = client.v1.test_helpers.confirmation_tokens.create({"payment_method": "pm_card_visa"})
    at_once = _pay(client, confirmation_token=fresh.id)
    assert client.v1.confirmation_tokens.retrieve(fresh.id).payment_intent == at_once.id
    other = client.v1.payment_intents.create({"amount": 1200, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(other.id, {"confirmation_token": made.id})
    assert (refused.value.code, refused.value.param) == ("confirmation_token_used", "confirmation_token")


def test_a_browser_makes_confirmation_tokens_but_not_of_cards_that_somebody_keeps(
        stack: Stack, client: stripe.StripeClient, vault: stripe.StripeClient) -> None:
    method = vault.v1.payment_methods.create({"type": "card", "card": CARD})
    with clients.http(stack, stack.publishable_key) as http:
        made: httpx2.Response = http.post("/v1/confirmation_tokens", data={"payment_method": method.id})
        assert made.status_code == 200, made.text
        customer = client.v1.customers.create({"payment_method": method.id})
        assert customer.id
        missing = http.post("/v1/confirmation_tokens", data={"payment_method": method.id})
        assert missing.status_code == 400
    setup = client.v1.setup_intents.create({"customer": customer.id})
    done = client.v1.setup_intents.confirm(setup.id, {"confirmation_token": made.json()["id"]})
    assert done.status == "succeeded"


# ---- verbs that say no


def test_verbs_that_a_card_cannot_do_say_so(client: stripe.StripeClient) -> None:
    held = _pay(client, payment_method="pm_card_visa", capture_method="manual")
    for call, code in (
            (lambda: client.v1.payment_intents.increment_authorization(held.id, {"amount": 1500}),
             "incremental_authorization_unavailable"),
            (lambda: client.v1.payment_intents.increment_authorization(held.id, {"amount": 1200}), "amount_too_small"),
            (lambda: client.v1.payment_intents.apply_customer_balance(held.id), "payment_intent_unexpected_state"),
            (lambda: client.v1.payment_intents.capture(held.id, {"final_capture": False}), "capture_not_final")):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            call()
        assert refused.value.code == code
    done = client.v1.payment_intents.capture(held.id, {"final_capture": True, "statement_descriptor_suffix": "MUGS"})
    assert (done.status, done.statement_descriptor_suffix) == ("succeeded", "MUGS")


# ---- risk


@pytest.mark.parametrize("alias", ["pm_card_radarBlock", "pm_card_riskLevelHighest"])
def test_the_highest_risk_is_blocked_before_anything_is_sent(client: stripe.StripeClient, alias: str) -> None:
    error = _refused(client, payment_method=alias)
    assert (error.code, error.decline_code) == ("card_declined", "fraudulent")
    charge = client.v1.charges.retrieve(error.charge)
    assert charge.outcome is not None
    assert (charge.outcome.type, charge.outcome.risk_level, charge.outcome.network_status) == (
        "blocked", "highest", "not_sent_to_network")


def test_an_elevated_risk_is_told_and_paid(client: stripe.StripeClient) -> None:
    paid = _pay(client, payment_method="pm_card_riskLevelElevated", expand=["latest_charge"])
    assert isinstance(paid.latest_charge, stripe.Charge)
    assert paid.latest_charge.outcome is not None
    assert paid.latest_charge.outcome.risk_level == "elevated"
