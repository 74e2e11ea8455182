"""The official Python client, unmodified, against the running stack."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from tests.conformance import clients
from tests.conformance.clients import FAIL, Shopper


@pytest.fixture(scope="module")
def api(stack):
    return clients.client(stack).v1


def pay(api, **params):
    """An intent that is confirmed at once with the card that never fails."""
    return api.payment_intents.create({"amount": 1999, "currency": "usd", "payment_method": "pm_card_visa",
                                       "confirm": True, **params})


# ---- customers


def test_customers_are_created_read_changed_listed_and_deleted(api):
    made = api.customers.create({"email": "jenny@example.com", "name": "Jenny Rosen", "metadata": {"a": "1", "b": "2"},
                                 "address": {"city": "Oslo", "country": "NO"}})
    assert (made.object, made.email, made.livemode) == ("customer", "jenny@example.com", False)
    assert made.address.city == "Oslo"
    assert api.customers.retrieve(made.id).to_dict() == made.to_dict()
    changed = api.customers.update(made.id, {"name": "", "metadata": {"a": "", "c": "3"}})
    assert (changed.name, changed.metadata.to_dict()) == (None, {"b": "2", "c": "3"})
    assert [one.id for one in api.customers.list({"email": "jenny@example.com", "limit": 1}).data] == [made.id]
    gone = api.customers.delete(made.id)
    assert gone.to_dict() == {"id": made.id, "object": "customer", "deleted": True}
    assert api.customers.retrieve(made.id).to_dict() == gone.to_dict()
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.customers.update(made.id, {"name": "Too late"})
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_lists_page_themselves(api):
    ids = [api.customers.create({"email": "page@example.com"}).id for _ in range(7)][::-1]
    page = api.customers.list({"email": "page@example.com", "limit": 3})
    assert ([one.id for one in page.data], page.has_more, page.url) == (ids[:3], True, "/v1/customers")
    assert [one.id for one in page.auto_paging_iter()] == ids
    back = api.customers.list({"email": "page@example.com", "limit": 3, "ending_before": ids[5]})
    assert ([one.id for one in back.data], back.has_more) == (ids[2:5], True)
    assert [one.id for one in back.auto_paging_iter()] == ids[:5][::-1]


# ---- payment methods


def test_payment_methods_are_attached_listed_and_detached(api):
    customer = api.customers.create({"name": "Jenny"})
    method = api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    assert (method.type, method.card.brand, method.card.last4, method.customer) == ("card", "visa", "4242", customer.id)
    other = api.payment_methods.create({"type": "card", "card": {"token": "tok_mastercard"},
                                        "billing_details": {"name": "Jenny Rosen"}})
    assert (other.card.brand, other.customer, other.billing_details.name) == ("mastercard", None, "Jenny Rosen")
    api.payment_methods.attach(other.id, {"customer": customer.id})
    listed = api.payment_methods.list({"customer": customer.id, "type": "card"})
    assert [one.id for one in listed.data] == [other.id, method.id]
    assert [one.id for one in api.customers.payment_methods.list(customer.id).data] == [other.id, method.id]
    assert api.customers.payment_methods.retrieve(customer.id, method.id).id == method.id
    changed = api.payment_methods.update(method.id, {"billing_details": {"email": "j@example.com"}})
    assert changed.billing_details.email == "j@example.com"
    assert api.payment_methods.detach(method.id).customer is None
    assert [one.id for one in api.payment_methods.list({"customer": customer.id}).data] == [other.id]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.payment_methods.attach(method.id, {"customer": customer.id})
    assert refusal.value.http_status == 400


def test_a_saved_card_pays_for_its_customer_only(api):
    customer, other = api.customers.create(), api.customers.create()
    method = api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    paid = pay(api, customer=customer.id, payment_method=method.id)
    assert (paid.status, paid.customer) == ("succeeded", customer.id)
    for params in ({"customer": other.id}, {}):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            pay(api, payment_method=method.id, **params)
        assert (refusal.value.http_status, refusal.value.param) == (400, "payment_method")


# ---- intents


def test_an_intent_is_created_changed_confirmed_and_read(api):
    intent = api.payment_intents.create({"amount": 1000, "currency": "USD", "metadata": {"order": "1"},
                                         "automatic_payment_methods": {"enabled": True}})
    assert (intent.status, intent.currency, intent.amount_received) == ("requires_payment_method", "usd", 0)
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    intent = api.payment_intents.update(intent.id, {"amount": 1200, "description": "Two mugs",
                                                    "payment_method": "pm_card_visa"})
    assert (intent.status, intent.amount, intent.description) == ("requires_confirmation", 1200, "Two mugs")
    intent = api.payment_intents.confirm(intent.id)
    assert (intent.status, intent.amount_received, intent.amount_capturable) == ("succeeded", 1200, 0)
    charge = api.charges.retrieve(intent.latest_charge)
    assert (charge.amount, charge.captured, charge.paid, charge.status) == (1200, True, True, "succeeded")
    assert charge.payment_method_details.card.last4 == "4242"
    assert [one.id for one in api.charges.list({"payment_intent": intent.id}).data] == [charge.id]
    assert api.payment_intents.retrieve(intent.id).to_dict() == intent.to_dict()
    assert intent.id in [one.id for one in api.payment_intents.list({"limit": 5}).data]
    assert intent.id in [one.id for one in api.payment_intents.list({"created": {"gte": intent.created}}).data]
    assert api.payment_intents.list({"created": {"lt": 1_000_000_000}}).data == []


def test_manual_capture_takes_all_or_a_part(api):
    held = pay(api, amount=50000, capture_method="manual")
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 50000, 0)
    assert api.charges.retrieve(held.latest_charge).captured is False
    part = api.payment_intents.capture(held.id, {"amount_to_capture": 43700})
    assert (part.status, part.amount_received, part.amount_capturable) == ("succeeded", 43700, 0)
    assert api.charges.retrieve(held.latest_charge).amount_captured == 43700
    whole = api.payment_intents.capture(pay(api, capture_method="manual").id)
    assert (whole.status, whole.amount_received) == ("succeeded", 1999)


def test_cancel_before_and_after_authorisation(api):
    open_ = api.payment_intents.create({"amount": 500, "currency": "eur"})
    began = int(time.time())
    gone = api.payment_intents.cancel(open_.id, {"cancellation_reason": "abandoned"})
    assert (gone.status, gone.cancellation_reason) == ("canceled", "abandoned")
    assert began <= gone.canceled_at <= time.time()
    held = pay(api, capture_method="manual")
    gone = api.payment_intents.cancel(held.id)
    assert (gone.status, gone.amount_capturable) == ("canceled", 0)
    assert api.charges.retrieve(held.latest_charge).refunded is True
    for id in (open_.id, held.id):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            api.payment_intents.capture(id)
        assert refusal.value.code == "payment_intent_unexpected_state"
        assert refusal.value.error.payment_intent.status == "canceled"


@pytest.mark.parametrize(("amount", "currency"), [(500, "jpy"), (5000, "kwd"), (100, "eur")])
def test_other_currencies_are_charged_in_their_minor_unit(api, amount, currency):
    paid = pay(api, amount=amount, currency=currency)
    assert (paid.status, paid.amount_received, paid.currency) == ("succeeded", amount, currency)


def test_the_balance_grows_by_the_net(api):
    def pending():
        return {one.currency: one.amount for one in api.balance.retrieve().pending}

    before = pending().get("usd", 0)
    pay(api, amount=5000)
    assert pending()["usd"] - before == 4825


# ---- declines

DECLINES = [
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
]
TOKENS = [
    ("tok_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("tok_visa_debit_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("tok_visa_chargeDeclinedExpiredCard", "expired_card", None),
    ("tok_visa_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ("tok_visa_chargeDeclinedProcessingError", "processing_error", None),
    ("tok_visa_chargeCustomerFail", "card_declined", "generic_decline"),
    ("tok_visa_chargeCustomerFailLostCard", "card_declined", "lost_card"),
    ("tok_visa_chargeCustomerFailStolenCard", "card_declined", "stolen_card"),
]


@pytest.mark.parametrize(("card", "code", "decline_code"), DECLINES)
def test_a_decline_is_told_exactly_and_another_card_succeeds(api, card, code, decline_code):
    intent = api.payment_intents.create({"amount": 1999, "currency": "usd"})
    with pytest.raises(stripe.CardError) as refusal:
        api.payment_intents.confirm(intent.id, {"payment_method": card})
    error = refusal.value
    assert (type(error), error.http_status, error.code) == (stripe.CardError, 402, code)
    assert error.error.decline_code == decline_code
    assert error.error.doc_url.endswith(f"/docs/errors#{code}")
    assert error.error.payment_method.id
    now = api.payment_intents.retrieve(intent.id)
    assert (now.status, now.payment_method) == ("requires_payment_method", None)
    told = now.last_payment_error.to_dict()
    assert (told["type"], told["code"], told.get("decline_code")) == ("card_error", code, decline_code)
    assert error.error.payment_intent.to_dict() == now.to_dict()
    failed = api.charges.retrieve(error.error.charge)
    assert (failed.status, failed.failure_code, failed.paid) == ("failed", code, False)
    paid = api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    assert paid.latest_charge != failed.id


@pytest.mark.parametrize(("card", "code", "decline_code"), DECLINES[:-1])
def test_a_card_that_is_declined_cannot_be_kept(api, card, code, decline_code):
    customer = api.customers.create()
    with pytest.raises(stripe.CardError) as refusal:
        api.payment_methods.attach(card, {"customer": customer.id})
    assert (refusal.value.http_status, refusal.value.code) == (402, code)
    assert refusal.value.error.decline_code == decline_code
    assert api.payment_methods.list({"customer": customer.id}).data == []


def test_a_card_that_can_be_kept_may_still_fail_every_charge(api):
    customer = api.customers.create()
    method = api.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refusal:
            pay(api, customer=customer.id, payment_method=method.id)
        assert refusal.value.code == "card_declined"


@pytest.mark.parametrize(("token", "code", "decline_code"), TOKENS)
def test_the_token_twins_of_the_cards_behave_alike(api, token, code, decline_code):
    method = api.payment_methods.create({"type": "card", "card": {"token": token}})
    with pytest.raises(stripe.CardError) as refusal:
        pay(api, payment_method=method.id)
    assert (refusal.value.http_status, refusal.value.code) == (402, code)
    assert refusal.value.error.decline_code == decline_code
    assert refusal.value.error.payment_intent.status == "requires_payment_method"


@pytest.mark.parametrize(("wrong", "code", "param"), [
    ({"number": "4242424242424241"}, "incorrect_number", "number"), ({"number": "4242"}, "invalid_number", "number"),
    ({"exp_month": 13}, "invalid_expiry_month", "exp_month"), ({"exp_year": 2020}, "invalid_expiry_year", "exp_year"),
    ({"cvc": "99"}, "invalid_cvc", "cvc")])
def test_a_card_that_is_typed_wrong_is_told_by_the_vault(stack, wrong, code, param):
    vault = {"api": f"http://127.0.0.1:{stack.vault_port}"}
    browser = stripe.StripeClient(stack.publishable_key, base_addresses=vault, max_network_retries=0)
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    assert browser.v1.payment_methods.create({"type": "card", "card": card}).card.last4 == "4242"
    with pytest.raises(stripe.CardError) as refusal:
        browser.v1.payment_methods.create({"type": "card", "card": card | wrong})
    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (402, code, param)


# ---- 3-D Secure


def challenge(api, card="pm_card_threeDSecure2Required", **params):
    intent = pay(api, payment_method=card, return_url="https://merchant.example/back?order=7", **params)
    assert (intent.status, intent.next_action.type) == ("requires_action", "redirect_to_url")
    assert intent.next_action.redirect_to_url.return_url == "https://merchant.example/back?order=7"
    return intent


@pytest.mark.parametrize("card", ["pm_card_threeDSecure2Required", "pm_card_authenticationRequired",
                                  "pm_card_authenticationRequiredOnSetup",
                                  "pm_card_authenticationRequiredSetupForOffSession"])
def test_a_challenge_that_is_passed_pays(api, card):
    intent = challenge(api, card)
    with Shopper() as shopper:
        shopper.authenticate(intent.next_action.redirect_to_url.url)
        assert shopper.url.startswith("https://merchant.example/back?order=7&payment_intent=" + intent.id)
        assert shopper.url.endswith("&redirect_status=succeeded")
        assert intent.client_secret in shopper.url
    paid = api.payment_intents.retrieve(intent.id)
    assert (paid.status, paid.next_action, paid.amount_received) == ("succeeded", None, 1999)
    secure = api.charges.retrieve(paid.latest_charge).payment_method_details.card.three_d_secure
    assert (secure.result, secure.authentication_flow) == ("authenticated", "challenge")


def test_a_challenge_that_fails_charges_nothing_and_another_card_pays(api):
    intent = challenge(api)
    with Shopper() as shopper:
        shopper.authenticate(intent.next_action.redirect_to_url.url, press=FAIL)
        assert shopper.url.endswith("&redirect_status=failed")
    failed = api.payment_intents.retrieve(intent.id)
    assert (failed.status, failed.latest_charge) == ("requires_payment_method", None)
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert failed.next_action is None
    assert api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


@pytest.mark.parametrize(("card", "decline_code"), [
    ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds"),
    ("pm_card_threeDSecureRequiredChargeDeclined", "generic_decline")])
def test_a_card_may_be_declined_after_its_challenge(api, card, decline_code):
    intent = challenge(api, card)
    with Shopper() as shopper:
        shopper.authenticate(intent.next_action.redirect_to_url.url)
        assert shopper.url.endswith("&redirect_status=failed")
    now = api.payment_intents.retrieve(intent.id)
    assert (now.status, now.last_payment_error.code) == ("requires_payment_method", "card_declined")
    assert now.last_payment_error.decline_code == decline_code


def test_a_challenge_leads_to_manual_capture(api):
    intent = challenge(api, capture_method="manual")
    with Shopper() as shopper:
        shopper.authenticate(intent.next_action.redirect_to_url.url)
    assert api.payment_intents.capture(intent.id).status == "succeeded"


def test_without_a_return_address_the_script_gets_the_action(api):
    intent = pay(api, payment_method="pm_card_threeDSecure2Required")
    assert (intent.status, intent.next_action.type) == ("requires_action", "use_stripe_sdk")
    assert api.payment_intents.cancel(intent.id).status == "canceled"


def test_3ds_is_optional_until_it_is_asked_for(api):
    assert pay(api, payment_method="pm_card_threeDSecureOptional").status == "succeeded"
    asked = {"payment_method_options": {"card": {"request_three_d_secure": "any"}}}
    assert challenge(api, "pm_card_threeDSecureOptional", **asked).status == "requires_action"
    plain = pay(api, **asked)
    assert plain.status == "succeeded"
    secure = api.charges.retrieve(plain.latest_charge).payment_method_details.card.three_d_secure
    assert secure.result == "attempt_acknowledged"


def test_without_the_shopper_a_card_that_asks_is_declined(api):
    with pytest.raises(stripe.CardError) as refusal:
        pay(api, payment_method="pm_card_authenticationRequired", off_session=True)
    assert (refusal.value.http_status, refusal.value.code) == (402, "authentication_required")
    assert refusal.value.error.payment_intent.last_payment_error.code == "authentication_required"


# ---- idempotency


def form(**params):
    return {"amount": "1999", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true", **params}


def test_a_key_answers_with_the_same_bytes(stack):
    key = str(uuid.uuid4())
    with clients.http(stack) as http:
        first = http.post("/v1/payment_intents", data=form(), headers={"Idempotency-Key": key})
        again = http.post("/v1/payment_intents", data=form(), headers={"Idempotency-Key": key})
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"] != again.headers["request-id"]
    assert again.headers["idempotency-key"] == first.headers["idempotency-key"] == key


def test_a_declined_answer_is_replayed_too(stack):
    key = str(uuid.uuid4())
    with clients.http(stack) as http:
        first, again = (http.post("/v1/payment_intents", data=form(payment_method="pm_card_visa_chargeDeclined"),
                                  headers={"Idempotency-Key": key}) for _ in range(2))
    assert (first.status_code, again.status_code, again.content) == (402, 402, first.content)
    assert again.headers["idempotent-replayed"] == "true"


def test_a_refused_parameter_leaves_the_key_free(stack):
    key = str(uuid.uuid4())
    with clients.http(stack) as http:
        bad = http.post("/v1/payment_intents", data=form(amount="abc"), headers={"Idempotency-Key": key})
        good = http.post("/v1/payment_intents", data=form(), headers={"Idempotency-Key": key})
    assert (bad.status_code, good.status_code) == (400, 200)


@pytest.mark.parametrize("create", ["customers", "payment_intents"])
def test_a_key_with_other_parameters_is_refused(api, create):
    key = {"idempotency_key": f"order-{uuid.uuid4()}"}
    params = {"amount": 700, "currency": "usd"} if create == "payment_intents" else {"name": "A"}
    made = getattr(api, create).create(params, key)
    assert getattr(api, create).create(params, key).id == made.id
    with pytest.raises(stripe.IdempotencyError) as refusal:
        getattr(api, create).create({**params, "description": "other"}, key)
    assert (refusal.value.http_status, refusal.value.code) == (400, None)
    assert key["idempotency_key"] in refusal.value.user_message
    with pytest.raises(stripe.IdempotencyError):
        api.webhook_endpoints.create({"url": "https://example.com/", "enabled_events": ["*"]}, key)


def test_capture_and_cancel_replay(api):
    held, key = pay(api, capture_method="manual"), {"idempotency_key": str(uuid.uuid4())}
    first = api.payment_intents.capture(held.id, {"amount_to_capture": 500}, key)
    assert api.payment_intents.capture(held.id, {"amount_to_capture": 500}, key).to_dict() == first.to_dict()
    open_, key = api.payment_intents.create({"amount": 500, "currency": "usd"}), {"idempotency_key": str(uuid.uuid4())}
    first = api.payment_intents.cancel(open_.id, {}, key)
    assert api.payment_intents.cancel(open_.id, {}, key).to_dict() == first.to_dict()


def latency(stack, milliseconds):
    """How long both acquirers take to answer; 0 puts everything back as it was."""
    wish = {"latency_ms": milliseconds}
    with clients.http(stack) as http:
        http.post(f"http://127.0.0.1:{stack.sandbox_port}/control", json={"reset": True, **wish}).raise_for_status()


def test_a_twin_waits_for_the_first_and_replays(stack):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    held = "SELECT count(*) FROM pay.idempotency WHERE key = %s"
    latency(stack, 700)
    try:
        with clients.http(stack) as http, ThreadPoolExecutor(1) as pool:
            first = pool.submit(http.post, "/v1/payment_intents", data=form(), headers=key)
            while not clients.count(stack, held, key["Idempotency-Key"]):
                time.sleep(0.02)
            twin = http.post("/v1/payment_intents", data=form(), headers=key)
            assert (twin.status_code, twin.content) == (200, first.result().content)
            assert twin.headers["idempotent-replayed"] == "true"
    finally:
        latency(stack, 0)


def test_64_parallel_requests_with_one_key_charge_once(stack):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    with clients.http(stack) as http:
        answers = clients.parallel(64, lambda _: http.post("/v1/payment_intents", data=form(), headers=key))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
        intent = answers[0].json()
        events = http.get("/v1/events", params={"type": "payment_intent.succeeded", "limit": 100}).json()["data"]
    charges = clients.count(stack, "SELECT count(*) FROM pay.charge WHERE payment_id = %s", intent["id"])
    attempts = clients.count(stack, "SELECT count(*) FROM pay.attempt WHERE payment_id = %s", intent["id"])
    captures = clients.count(stack, "SELECT count(*) FROM pay.transfer WHERE code = 'capture' AND ref_id = %s",
                             intent["id"])
    told = sum(event["data"]["object"]["id"] == intent["id"] for event in events)
    assert (charges, attempts, captures, told) == (1, 1, 1, 1)


def test_16_parallel_confirms_with_16_keys_charge_once(stack, api):
    intent = api.payment_intents.create({"amount": 1999, "currency": "usd", "payment_method": "pm_card_visa"})
    with clients.http(stack) as http:
        answers = clients.parallel(16, lambda n: http.post(f"/v1/payment_intents/{intent.id}/confirm",
                                                           headers={"Idempotency-Key": f"{intent.id}-{n}"}))
    assert sum(answer.status_code == 200 for answer in answers) == 1
    assert {answer.status_code for answer in answers} <= {200, 400, 429}
    assert clients.count(stack, "SELECT count(*) FROM pay.charge WHERE payment_id = %s", intent.id) == 1
    assert api.payment_intents.retrieve(intent.id).status == "succeeded"


# ---- keys and parameters


def test_a_wrong_key_is_an_authentication_error(stack):
    for key in ("sk_test_" + "x" * 43, "nonsense", "pk_test_" + "y" * 43):
        with pytest.raises(stripe.AuthenticationError) as refusal:
            clients.client(stack, key).v1.customers.list()
        assert refusal.value.http_status == 401
        assert key not in refusal.value.user_message


def test_a_publishable_key_is_a_permission_error_on_secret_routes(stack):
    shopper = clients.client(stack, stack.publishable_key).v1
    for call in (shopper.customers.list, shopper.balance.retrieve, shopper.events.list,
                 lambda: shopper.payment_intents.create({"amount": 100, "currency": "usd"})):
        with pytest.raises(stripe.PermissionError) as refusal:
            call()
        assert (refusal.value.http_status, refusal.value.error.code) == (403, "secret_key_required")


def test_a_publishable_key_with_the_client_secret_confirms_and_sees_little(stack, api):
    intent = api.payment_intents.create({"amount": 900, "currency": "usd", "metadata": {"margin": "12"}})
    shopper, secret = clients.client(stack, stack.publishable_key).v1, {"client_secret": intent.client_secret}
    assert "metadata" not in shopper.payment_intents.retrieve(intent.id, secret).to_dict()
    with pytest.raises(stripe.CardError) as refusal:
        shopper.payment_intents.confirm(intent.id, {**secret, "payment_method": "pm_card_visa_chargeDeclined"})
    assert "metadata" not in refusal.value.error.payment_intent.to_dict()
    options = {"idempotency_key": str(uuid.uuid4())}
    paid = shopper.payment_intents.confirm(intent.id, {**secret, "payment_method": "pm_card_visa"}, options)
    assert paid.status == "succeeded"
    assert not {"metadata", "latest_charge", "customer"} & set(paid.to_dict())
    again = shopper.payment_intents.confirm(intent.id, {**secret, "payment_method": "pm_card_visa"}, options)
    assert again.to_dict() == paid.to_dict()
    with pytest.raises(stripe.InvalidRequestError) as gone:
        shopper.payment_intents.retrieve(intent.id, {"client_secret": f"{intent.id}_secret_guess"})
    assert (gone.value.http_status, gone.value.code) == (404, "resource_missing")


def test_an_unknown_parameter_is_named_with_what_was_meant(api):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.payment_intents.create({"amout": 100, "currency": "usd"})
    error = refusal.value
    assert (error.http_status, error.code, error.param) == (400, "parameter_unknown", "amout")
    assert error.user_message == "Received unknown parameter: amout. Did you mean amount?"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.customers.create({"address": {"citty": "Oslo"}})
    assert refusal.value.param == "address[citty]"
    assert "Did you mean address[city]?" in refusal.value.user_message


# ---- events and endpoints


def test_events_tell_the_story_of_a_payment(api):
    paid = pay(api, metadata={"order": "77"})
    charge = paid.latest_charge
    events = [one for one in api.events.list({"limit": 20}).data if one.data.object["id"] in (paid.id, charge)]
    # what one commit writes has one time, so only the first one's place is certain
    assert events[-1].type == "payment_intent.created"
    assert {one.type for one in events[:-1]} == {"charge.succeeded", "payment_intent.succeeded"}
    last = next(one for one in events if one.type == "payment_intent.succeeded")
    assert api.events.retrieve(last.id).to_dict() == last.to_dict()
    assert last.data.object["status"] == "succeeded"
    assert last.to_dict()["data"]["object"]["metadata"] == {"order": "77"}
    assert (last.object, last.livemode, last.api_version) == ("event", False, "2026-10-28.endive")
    assert last.request.id.startswith("req_")
    assert last.request.idempotency_key
    only = api.events.list({"types": ["charge.succeeded"], "created": {"gte": paid.created}})
    assert charge in [one.data.object["id"] for one in only.data]
    assert {one.type for one in only.data} == {"charge.succeeded"}


def test_endpoints_are_created_read_changed_and_deleted(api):
    made = api.webhook_endpoints.create({"url": "https://example.com/hook", "enabled_events": ["charge.succeeded"]})
    assert made.secret.startswith("whsec_")
    read = api.webhook_endpoints.retrieve(made.id)
    assert (read.url, read.status, "secret" in read.to_dict()) == ("https://example.com/hook", "enabled", False)
    assert api.webhook_endpoints.update(made.id, {"disabled": True}).status == "disabled"
    assert made.id in [one.id for one in api.webhook_endpoints.list().data]
    assert api.webhook_endpoints.delete(made.id).to_dict() == {"id": made.id, "object": "webhook_endpoint",
                                                               "deleted": True}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.webhook_endpoints.retrieve(made.id)
    assert refusal.value.http_status == 404


def test_a_checkout_session_is_created_read_listed_and_expired(api):
    made = api.checkout.sessions.create({
        "mode": "payment", "success_url": "https://merchant.example/ok?s={CHECKOUT_SESSION_ID}",
        "line_items": [{"price_data": {"currency": "usd", "unit_amount": 1500, "product_data": {"name": "Mug"}},
                        "quantity": 2}]})
    assert (made.status, made.amount_total, made.payment_status) == ("open", 3000, "unpaid")
    assert made.url.startswith("http://pay.localhost:")
    assert api.checkout.sessions.retrieve(made.id).id == made.id
    items = api.checkout.sessions.line_items.list(made.id)
    assert [(one.quantity, one.amount_total) for one in items.data] == [(2, 3000)]
    assert made.id in [one.id for one in api.checkout.sessions.list({"limit": 5}).data]
    assert api.checkout.sessions.expire(made.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.checkout.sessions.expire(made.id)
    assert (refusal.value.http_status, refusal.value.code) == (400, "status_transition_invalid")


# ---- the older way of using the client


@pytest.fixture
def module(stack, monkeypatch):
    monkeypatch.setattr(stripe, "api_base", stack.api_base)
    monkeypatch.setattr(stripe, "api_key", stack.secret_key)
    monkeypatch.setattr(stripe, "max_network_retries", 0)
    return stripe


def test_the_module_pays_captures_and_cancels(module):
    customer = module.Customer.create(email="module@example.com")
    method = module.PaymentMethod.attach("pm_card_mastercard", customer=customer.id)
    held = module.PaymentIntent.create(amount=2000, currency="usd", customer=customer.id, payment_method=method.id,
                                       capture_method="manual", confirm=True)
    assert held.capture(amount_to_capture=1500).amount_received == 1500
    open_ = module.PaymentIntent.create(amount=2000, currency="usd")
    assert open_.cancel().status == "canceled"
    assert module.PaymentIntent.modify(open_.id, metadata={"k": "v"}).metadata["k"] == "v"
    paid = module.PaymentIntent.list(customer=customer.id)
    assert [one.id for one in paid.auto_paging_iter()] == [held.id]
    assert module.Customer.modify(customer.id, name="Saved").name == "Saved"
    assert customer.delete().deleted


def test_the_module_raises_the_same_classes(module):
    with pytest.raises(stripe.CardError) as refusal:
        module.PaymentIntent.create(amount=2000, currency="usd", confirm=True,
                                    payment_method="pm_card_visa_chargeDeclined")
    assert (refusal.value.code, refusal.value.json_body["error"]["decline_code"]) == ("card_declined",
                                                                                     "generic_decline")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        module.PaymentIntent.retrieve("pi_none")
    assert refusal.value.user_message == "No such payment_intent: 'pi_none'"


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
async def test_the_asynchronous_client_pays(stack):
    transport = stripe.HTTPXClient()
    api = clients.client(stack, http_client=transport).v1
    paid = await api.payment_intents.create_async({"amount": 800, "currency": "usd", "payment_method": "pm_card_visa",
                                                   "confirm": True})
    assert paid.status == "succeeded"
    await transport.close_async()
