"""The official Python package keeps cards in the older ways: an expiry is renewed, cards are sources of customers."""

from typing import Any

import pytest
import stripe

from tests import books
from tests.conformance import clients
from tests.conformance.clients import CARD
from tests.stack import Stack


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


# ---- cards as sources of a customer

def _refused(call: Any) -> stripe.StripeError:
    with pytest.raises(stripe.StripeError) as refused:
        call()
    return refused.value


def test_cards_are_kept_listed_changed_and_deleted_as_sources(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"email": "sources@example.com", "source": "tok_visa"})
    first = str(customer.default_source)
    assert first.startswith("card_")
    second: Any = client.v1.customers.payment_sources.create(customer.id, {
        "source": "tok_mastercard", "metadata": {"shop": "12"}})
    assert (second.object, second.brand, second.customer, second.metadata.to_dict()) == (
        "card", "MasterCard", customer.id, {"shop": "12"})
    listed = client.v1.customers.payment_sources.list(customer.id, {"limit": 1})
    assert [one.id for one in listed.auto_paging_iter()] == [second.id, first]
    changed: Any = client.v1.customers.payment_sources.update(customer.id, second.id, {
        "exp_month": "7", "exp_year": "2042", "name": "Ada", "address_zip": "10117", "metadata": {"shop": ""}})
    assert (changed.exp_month, changed.exp_year, changed.name, changed.address_zip, changed.metadata.to_dict()) == (
        7, 2042, "Ada", "10117", {})
    method = client.v1.payment_methods.retrieve(second.id)  # the same thing with another face
    assert method.card
    assert (method.card.exp_month, method.billing_details.name, method.customer) == (7, "Ada", customer.id)
    assert {one.id for one in client.v1.customers.payment_methods.list(customer.id).data} == {first, second.id}
    whole: Any = client.v1.customers.retrieve(customer.id, {"expand": ["sources", "default_source"]})
    assert (whole.default_source.object, whole.default_source.last4) == ("card", "4242")
    assert ([one.id for one in whole.sources.data], whole.sources.url) == (
        [second.id, first], f"/v1/customers/{customer.id}/sources")
    assert client.v1.customers.payment_sources.delete(customer.id, first).deleted
    assert client.v1.customers.retrieve(customer.id).default_source == second.id  # the newest that is left
    assert _refused(lambda: client.v1.customers.payment_sources.retrieve(customer.id, first)).http_status == 404
    assert client.v1.customers.payment_sources.delete(customer.id, second.id).deleted
    assert client.v1.customers.retrieve(customer.id).default_source is None
    assert clients.told(client, first) == [
        "payment_method.attached", "customer.source.created", "payment_method.detached", "customer.source.deleted"]
    assert clients.told(client, second.id) == [
        "payment_method.attached", "customer.source.created", "payment_method.updated", "customer.source.updated",
        "payment_method.detached", "customer.source.deleted"]


def test_a_source_on_an_update_takes_the_place_of_the_default(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"source": "tok_visa"})
    former = str(customer.default_source)
    other = client.v1.customers.payment_sources.create(customer.id, {"source": "tok_amex"})
    assert client.v1.customers.retrieve(customer.id).default_source == former
    assert client.v1.customers.update(customer.id, {"default_source": other.id}).default_source == other.id
    replaced = client.v1.customers.update(customer.id, {"source": "tok_mastercard", "validate": False})
    assert {one.id for one in client.v1.customers.payment_sources.list(customer.id).data} == {
        former, str(replaced.default_source)}
    client.v1.payment_methods.detach(former)
    assert clients.told(client, former)[-2:] == ["payment_method.detached", "customer.source.deleted"]


def test_a_charge_of_a_customer_takes_the_default_source(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"source": "tok_visa"})
    client.v1.payment_methods.attach("pm_card_mastercard", {"customer": customer.id})  # newer, and no source
    charge = client.v1.charges.create({"amount": 700, "currency": "usd", "customer": customer.id})
    assert (charge.payment_method, charge.paid) == (customer.default_source, True)
    again = client.v1.charges.create({"amount": 700, "currency": "usd", "customer": customer.id,
                                      "source": str(customer.default_source)})
    assert again.paid


def test_a_payment_that_names_only_the_customer_takes_the_default_source(stack: Stack,
                                                                        client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"source": "tok_visa"})
    client.v1.payment_methods.attach("pm_card_mastercard", {"customer": customer.id})  # newer, and no source
    form: Any = {"amount": 700, "currency": "usd", "customer": customer.id}
    at_once = client.v1.payment_intents.create({**form, "confirm": True, "off_session": True})
    assert (at_once.status, at_once.payment_method) == ("succeeded", customer.default_source)
    later = client.v1.payment_intents.create(form)
    assert (later.status, later.payment_method) == ("requires_payment_method", None)
    with clients.http(stack, stack.publishable_key) as shopper:  # who holds the secret of a payment holds no card
        refused = shopper.post(f"/v1/payment_intents/{later.id}/confirm", data={"client_secret": later.client_secret})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "payment_method")
    paid = client.v1.payment_intents.confirm(later.id, {"return_url": "https://example.com"})
    assert (paid.status, paid.payment_method) == ("succeeded", customer.default_source)
    none = client.v1.customers.create({"name": "No card"})
    with pytest.raises(stripe.InvalidRequestError, match="must provide a payment method"):
        client.v1.payment_intents.create({**form, "customer": none.id, "confirm": True})


def test_the_older_names_do_the_same(stack: Stack) -> None:
    with clients.http(stack) as http:
        customer = http.post("/v1/customers", data={"card": "tok_visa"}).raise_for_status().json()
        cards = f"/v1/customers/{customer['id']}/cards"
        made = http.post(cards, data={"card": "tok_amex"}).raise_for_status().json()
        assert [one["id"] for one in http.get(cards).json()["data"]] == [made["id"], customer["default_source"]]
        assert http.delete(f"{cards}/{made['id']}").json() == {"id": made["id"], "object": "card", "deleted": True}
        assert http.post("/v1/charges", data={"amount": "500", "currency": "usd", "card": "tok_visa"}).json()["paid"]


def test_a_number_goes_to_the_vaults_address_only(stack: Stack) -> None:
    form = {"source[object]": "card", "source[number]": "4242424242424242", "source[exp_month]": "12",
            "source[exp_year]": "2034", "source[cvc]": "123", "source[name]": "Ada"}
    vault = f"http://127.0.0.1:{stack.vault_port}"
    with clients.http(stack) as http:
        assert http.post("/v1/customers", data=form).status_code == 400
        customer = http.post(f"{vault}/v1/customers", data=form).raise_for_status().json()
        card = http.get(f"/v1/customers/{customer['id']}/sources/{customer['default_source']}").json()
        assert (card["last4"], card["name"], card["exp_year"]) == ("4242", "Ada", 2034)
        more = http.post(f"{vault}/v1/customers/{customer['id']}/sources", data=form).raise_for_status().json()
        assert more["object"] == "card"


def test_a_source_has_the_id_that_its_token_told(client: stripe.StripeClient, vault: stripe.StripeClient) -> None:
    token = vault.v1.tokens.create({"card": CARD})
    assert token.card
    early = _refused(lambda: client.v1.payment_intents.create({
        "amount": 500, "currency": "usd", "payment_method": token.card.id}))
    assert early.code == "resource_missing"  # it opens nothing before the token is spent
    customer = client.v1.customers.create({"source": token.id})
    assert customer.default_source == token.card.id
    used: Any = client.v1.tokens.retrieve(token.id)
    assert (used.used, used.card.id) == (True, token.card.id)
    assert _refused(lambda: client.v1.customers.create({"source": token.id})).code == "token_already_used"
    charge = client.v1.charges.create({"amount": 500, "currency": "usd", "customer": customer.id})
    assert charge.payment_method == token.card.id


def test_a_racing_token_becomes_one_source(client: stripe.StripeClient, vault: stripe.StripeClient) -> None:
    token = vault.v1.tokens.create({"card": CARD})

    def keep(_: int) -> str:
        try:
            return str(client.v1.customers.create({"source": token.id}).default_source)
        except stripe.InvalidRequestError as error:
            return str(error.code)

    assert token.card
    assert sorted(clients.parallel(8, keep)) == [token.card.id, *["token_already_used"] * 7]


@pytest.mark.parametrize(("source", "says"), [
    ("pm_card_visa", "Payment methods are attached"), ("src_123", "no Source objects here"),
    ("tok_us_verified", "Bank accounts are not kept as sources"), ("tok_nobody", "No such token")])
def test_what_is_no_cards_token_is_no_source(source: str, says: str, client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    refused = _refused(lambda: client.v1.customers.payment_sources.create(customer.id, {"source": source}))
    assert says in str(refused.user_message)
    assert getattr(refused, "param", None) == "source"
    assert not client.v1.customers.payment_sources.list(customer.id).data


def test_a_card_that_its_issuer_refuses_is_not_kept(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    refused = _refused(lambda: client.v1.customers.payment_sources.create(
        customer.id, {"source": "tok_chargeDeclined"}))
    assert (refused.http_status, refused.code) == (402, "card_declined")
    kept = client.v1.customers.payment_sources.create(customer.id, {"source": "tok_chargeDeclined", "validate": False})
    assert kept.object == "card"


def test_a_token_is_kept_once_and_never_by_another_customer(client: stripe.StripeClient) -> None:
    one, other = (client.v1.customers.create({"source": "tok_visa"}) for _ in range(2))
    theirs = str(one.default_source)
    for call in (lambda: client.v1.customers.payment_sources.retrieve(other.id, theirs),
                 lambda: client.v1.customers.payment_sources.update(other.id, theirs, {"name": "Eve"}),
                 lambda: client.v1.customers.payment_sources.delete(other.id, theirs)):
        assert (_refused(call).http_status, _refused(call).code) == (404, "resource_missing")
    refused = _refused(lambda: client.v1.customers.update(other.id, {"default_source": theirs}))
    assert (refused.http_status, refused.code) == (400, "resource_missing")


# ---- customers

def test_a_customer_may_have_an_id_of_the_merchants_choice(client: stripe.StripeClient, stack: Stack) -> None:
    with clients.http(stack) as http:
        made = http.post("/v1/customers", data={"id": "shop 77/b", "source": "tok_visa"}).raise_for_status().json()
        assert made["id"] == "shop 77/b"
        assert http.get("/v1/customers/shop%2077%2Fb").json()["default_source"] == made["default_source"]
        again = http.post("/v1/customers", data={"id": "shop 77/b"})
        assert (again.status_code, again.json()["error"]["code"], again.json()["error"]["param"]) == (
            400, "resource_already_exists", "id")
        charge = http.post("/v1/charges", data={"amount": "500", "currency": "usd", "customer": "shop 77/b",
                                                "expand[]": "customer"}).raise_for_status().json()
        assert charge["customer"]["object"] == "customer"
        assert http.post("/v1/customers", data={"id": "search"}).json()["error"]["param"] == "id"
    assert clients.told(client, "shop 77/b")[:2] == ["customer.created", "customer.updated"]


async def test_a_balance_is_set_by_a_change_of_it(client: stripe.StripeClient, stack: Stack) -> None:
    customer = client.v1.customers.create({"balance": -500})
    assert (customer.balance, customer.currency) == (-500, "usd")
    assert client.v1.customers.update(customer.id, {"balance": 300, "name": "Ada"}).balance == 300
    assert client.v1.customers.update(customer.id, {"balance": 300}).balance == 300
    changes = client.v1.customers.balance_transactions.list(customer.id).data
    assert [(one.type, one.amount, one.ending_balance) for one in changes] == [
        ("adjustment", 800, 300), ("initial", -500, -500)]
    assert not await books.violations(stack)


@pytest.mark.parametrize(("method", "path", "form", "says"), [
    ("POST", "/v1/customers", {"coupon": "SPRING"}, "counts for invoices and subscriptions only"),
    ("POST", "/v1/sources", {"type": "ideal"}, "Source objects (src_…) are not here"),
    ("GET", "/v1/sources/src_1", None, "Source objects (src_…) are not here"),
    ("POST", "/v1/customers", {"validate": "false"}, "there is no source"),
    ("POST", "/v1/customers", {"source": "tok_visa", "card": "tok_visa"}, "only specify one of")])
def test_what_is_not_there_is_refused_by_name(method: str, path: str, form: Any, says: str, stack: Stack) -> None:
    with clients.http(stack) as http:
        refused = http.request(method, path, data=form)
    assert refused.status_code in (400, 404)
    assert says in refused.json()["error"]["message"]
