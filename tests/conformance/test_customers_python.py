"""The official Python package drives customers whole: their tax ids, their balance, their default method, their end."""

import pytest
import stripe

from tests.conformance import clients
from tests.stack import Stack


def test_a_customer_keeps_what_invoices_need(client: stripe.StripeClient) -> None:
    made = client.v1.customers.create({
        "email": "whole@example.com", "tax_exempt": "reverse", "invoice_prefix": "ACME42", "next_invoice_sequence": 7,
        "invoice_settings": {"footer": "Thanks", "custom_fields": [{"name": "PO", "value": "77"}]},
        "tax_id_data": [{"type": "eu_vat", "value": "DE136695976"}]})
    assert (made.tax_exempt, made.invoice_prefix, made.next_invoice_sequence) == ("reverse", "ACME42", 7)
    assert (made.invoice_settings.footer, made.balance, made.currency, made.cash_balance) == ("Thanks", 0, None, None)
    changed = client.v1.customers.update(made.id, {"tax_exempt": "", "invoice_settings": {"footer": ""}})
    assert (changed.tax_exempt, changed.invoice_settings.footer) == ("none", None)
    assert changed.invoice_settings.custom_fields is not None  # what was not named stays
    whole = client.v1.customers.retrieve(made.id, {"expand": ["tax_ids"]})
    assert whole.tax_ids is not None
    assert [(one.type, one.country, one.value) for one in whole.tax_ids.data] == [("eu_vat", "DE", "DE136695976")]
    assert clients.told(client, made.id) == ["customer.created", "customer.updated"]
    assert [one.id for one in client.v1.customers.list({"email": "whole@example.com"}).data] == [made.id]
    assert not client.v1.customers.list({"email": "whole@example.com", "created": {"lt": made.created}}).data


def test_the_longest_id_of_a_merchants_choosing_works_wherever_a_customer_is_named(client: stripe.StripeClient) -> None:
    long = "kept since 1999 " + "x" * 239
    assert client.v1.customers.create({"id": long, "email": "long@example.com"}).id == long
    assert client.v1.customers.list({"email": "long@example.com", "starting_after": long}).data == []
    assert client.v1.customers.list({"email": "long@example.com", "ending_before": long}).data == []
    paid = client.v1.payment_intents.create({"amount": 900, "currency": "usd", "customer": long, "confirm": True,
                                             "payment_method": "pm_card_visa", "return_url": "https://example.com"})
    assert (paid.customer, paid.status) == (long, "succeeded")
    assert [one.id for one in client.v1.payment_intents.list({"customer": long}).data] == [paid.id]
    kept = client.v1.payment_methods.attach("pm_card_mastercard", {"customer": long})
    assert [one.id for one in client.v1.payment_methods.list({"customer": long}).data] == [kept.id]
    client.v1.customers.delete(long)


def test_tax_ids_are_checked_listed_and_deleted(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Tax"})
    made = client.v1.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": "DE136695976"})
    assert made.verification is not None
    assert (made.customer, made.verification.status, made.owner and made.owner.type) == (
        customer.id, "unavailable", "customer")
    wrong = client.v1.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": "DE123456789"})
    assert wrong.verification is not None
    assert wrong.verification.status == "unverified"  # its check digit is wrong
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": "DE12"})
    assert (refused.value.code, refused.value.param) == ("tax_id_invalid", "value")
    assert client.v1.tax_ids.retrieve(made.id).id == client.v1.customers.tax_ids.retrieve(customer.id, made.id).id
    assert [one.id for one in client.v1.customers.tax_ids.list(customer.id).data] == [wrong.id, made.id]
    other = client.v1.customers.create({"name": "Other"})
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.customers.tax_ids.retrieve(other.id, made.id)
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    assert client.v1.customers.tax_ids.delete(customer.id, made.id).deleted
    assert [one.id for one in client.v1.customers.tax_ids.list(customer.id).data] == [wrong.id]
    owner = {"type": "customer", "customer": customer.id}
    again = client.v1.tax_ids.create({"type": "us_ein", "value": "12-3456789", "owner": owner})
    assert again.country == "US"
    assert clients.told(client, made.id) == ["customer.tax_id.created", "customer.tax_id.deleted"]


def test_the_accounts_own_tax_ids_stand_apart_from_those_of_customers(client: stripe.StripeClient) -> None:
    of_customer = client.v1.customers.tax_ids.create(client.v1.customers.create().id,
                                                     {"type": "eu_vat", "value": "DE136695976"})
    events = {event.id for event in client.v1.events.list({"limit": 100}).data}
    unnamed = client.v1.tax_ids.create({"type": "eu_vat", "value": "DE136695976"})
    named = client.v1.tax_ids.create({"type": "us_ein", "value": "12-3456789", "owner": {"type": "self"}})
    for one in (unnamed, named):
        assert (one.customer, one.owner and one.owner.type, one.livemode) == (None, "self", False)
        assert client.v1.tax_ids.retrieve(one.id).value == one.value
    own = [[one.id for one in client.v1.tax_ids.list(asked).data] for asked in ({}, {"owner": {"type": "self"}})]
    assert own[0] == own[1]
    assert own[0][:2] == [named.id, unnamed.id]
    assert of_customer.id not in own[0]
    paged = client.v1.tax_ids.list({"limit": 1})
    assert (paged.url, [one.id for one in paged.data], paged.has_more) == ("/v1/tax_ids", [named.id], True)
    assert client.v1.tax_ids.delete(named.id).deleted
    assert [one.id for one in client.v1.tax_ids.list().data][:1] == [unnamed.id]
    assert {event.id for event in client.v1.events.list({"limit": 100}).data} <= events  # no customer changed
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.tax_ids.create({"type": "us_ein", "value": "12-3456789", "owner": {"type": "application"}})
    assert refused.value.param == "owner[type]"


def test_no_account_is_connected_to_another(client: stripe.StripeClient) -> None:
    for asked in ({}, {"limit": 3, "created": {"gt": 0}}):
        found = client.v1.accounts.list(asked)
        assert (found.object, found.url, found.data, found.has_more) == ("list", "/v1/accounts", [], False)


def test_a_balance_moves_in_one_currency_and_says_where_it_stands(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Owing"})
    first = client.v1.customers.balance_transactions.create(
        customer.id, {"amount": -500, "currency": "eur", "description": "Goodwill"})
    assert (first.type, first.ending_balance, first.customer) == ("adjustment", -500, customer.id)
    second = client.v1.customers.balance_transactions.create(customer.id, {"amount": 200, "currency": "eur"})
    assert second.ending_balance == -300
    now = client.v1.customers.retrieve(customer.id)
    assert (now.balance, now.currency) == (-300, "eur")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.customers.balance_transactions.create(customer.id, {"amount": 1, "currency": "usd"})
    assert refused.value.param == "currency"
    changed = client.v1.customers.balance_transactions.update(customer.id, first.id, {"metadata": {"why": "late"}})
    assert changed.metadata is not None
    assert (changed.metadata.to_dict(), changed.amount) == ({"why": "late"}, -500)
    assert client.v1.customers.balance_transactions.retrieve(customer.id, first.id) == changed
    assert [one.id for one in client.v1.customers.balance_transactions.list(customer.id).data] == [second.id, first.id]


def test_racing_adjustments_all_count(stack: Stack, client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Racing"})
    changes = clients.client(stack, max_network_retries=3).v1.customers.balance_transactions
    clients.parallel(16, lambda _: changes.create(customer.id, {"amount": 7, "currency": "usd"}))
    assert client.v1.customers.retrieve(customer.id).balance == 112
    steps = client.v1.customers.balance_transactions.list(customer.id, {"limit": 100}).data
    assert sorted(one.ending_balance for one in steps) == [7 * place for place in range(1, 17)]


def test_what_a_balance_was_changed_by_never_changes(stack: Stack, client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Fixed"})
    made = client.v1.customers.balance_transactions.create(customer.id, {"amount": 7, "currency": "usd"})
    with clients.superuser(stack) as link, pytest.raises(Exception, match="immutable"):
        link.execute("UPDATE pay.customer_balance_transaction SET doc = doc || '{\"amount\": 8}' WHERE id = %s",
                     (made.id,))


def test_the_default_method_must_be_the_customers_own_and_goes_with_it(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    kept = client.v1.customers.payment_methods.list(customer.id).data[0]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": "pm_card_visa"}})
    assert refused.value.param == "invoice_settings[default_payment_method]"
    default = {"default_payment_method": kept.id}
    changed = client.v1.customers.update(customer.id, {"invoice_settings": default})
    assert changed.invoice_settings.default_payment_method == kept.id
    client.v1.payment_methods.detach(kept.id)
    assert client.v1.customers.retrieve(customer.id).invoice_settings.default_payment_method is None


def test_a_deleted_customer_leaves_its_payments_and_lets_its_methods_go(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    kept = client.v1.customers.payment_methods.list(customer.id).data[0]
    paid = client.v1.payment_intents.create({"amount": 900, "currency": "usd", "customer": customer.id,
                                             "payment_method": kept.id, "confirm": True})
    client.v1.customers.delete(customer.id)
    assert client.v1.payment_methods.retrieve(kept.id).customer is None
    assert client.v1.payment_intents.retrieve(paid.id).customer == customer.id
    assert clients.told(client, kept.id) == ["payment_method.attached", "payment_method.detached"]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"amount": 900, "currency": "usd", "customer": customer.id})
