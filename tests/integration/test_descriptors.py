"""What the payer's statement says: the seller and a suffix for cards, the descriptor itself for bank debits."""

import pytest
import stripe

from tests.conformance import clients

CARD = {"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa"}


@pytest.fixture(scope="module")
def api(stack):
    return clients.client(stack).v1


def calculated(api, intent: stripe.PaymentIntent) -> str | None:
    return api.charges.retrieve(intent.latest_charge).calculated_statement_descriptor


def test_a_suffix_stands_after_the_sellers_name(api):
    paid = api.payment_intents.create({**CARD, "confirm": True, "statement_descriptor_suffix": "MUGS"})
    said = calculated(api, paid)
    assert said.endswith("* MUGS")
    assert 6 < len(said) <= 22
    plain = calculated(api, api.payment_intents.create({**CARD, "confirm": True}))
    assert said == f"{plain[:10].strip()}* MUGS"
    long = api.payment_intents.create({**CARD, "confirm": True, "statement_descriptor_suffix": "A" * 22})
    assert len(calculated(api, long)) == 22


def test_a_suffix_given_at_capture_counts(api):
    held = api.payment_intents.create({**CARD, "confirm": True, "capture_method": "manual"})
    done = api.payment_intents.capture(held.id, {"statement_descriptor_suffix": "LATE"})
    assert calculated(api, done).endswith("* LATE")


@pytest.mark.parametrize("params", [
    CARD, {**CARD, "confirm": True}, {"amount": 1000, "currency": "usd", "payment_method_types": ["card"]}])
def test_a_descriptor_is_refused_for_a_card(api, params):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.create({**params, "statement_descriptor": "MUG SHOP"})
    assert (refused.value.http_status, refused.value.param) == (400, "statement_descriptor")
    assert "statement_descriptor_suffix" in refused.value.user_message


def test_a_descriptor_is_refused_as_soon_as_it_is_a_card_that_pays(api):
    open_ = api.payment_intents.create({"amount": 1000, "currency": "usd", "statement_descriptor": "MUG SHOP"})
    held = api.payment_intents.create({**CARD, "confirm": True, "capture_method": "manual"})
    carded = api.payment_intents.create(CARD)
    for call in (lambda: api.payment_intents.confirm(open_.id, {"payment_method": "pm_card_visa"}),
                 lambda: api.payment_intents.update(carded.id, {"statement_descriptor": "MUG SHOP"}),
                 lambda: api.payment_intents.capture(held.id, {"statement_descriptor": "MUG SHOP"})):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            call()
        assert (refused.value.http_status, refused.value.param) == (400, "statement_descriptor")


def test_a_charge_reads_its_descriptor_as_the_suffix(api):
    charge = api.charges.create({"amount": 1000, "currency": "usd", "source": "tok_visa",
                                 "statement_descriptor": "MUGS"})
    assert charge.calculated_statement_descriptor.endswith("* MUGS")


def test_a_debits_statement_says_the_descriptor(api):
    paid = api.payment_intents.create({
        "amount": 1000, "currency": "usd", "confirm": True, "payment_method": "pm_usBankAccount_success",
        "payment_method_types": ["us_bank_account"], "statement_descriptor": "MUG SHOP",
        "mandate_data": {"customer_acceptance": {"type": "offline"}}})
    assert calculated(api, paid) == "MUG SHOP"


def test_a_products_descriptor_is_stripped(api):
    assert api.products.create({"name": "Tea", "statement_descriptor": "Café Tea"}).statement_descriptor == "Caf Tea"


def test_a_real_parameter_that_is_not_built_is_said_to_be_not_supported_yet(api):
    for name, value in (("transfer_data", {"destination": "acct_1"}), ("application_fee_amount", 1),
                        ("payment_method_options", {"klarna": {"capture_method": "manual"}})):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            api.payment_intents.create({"amount": 1000, "currency": "usd", name: value})
        assert (refused.value.code, refused.value.http_status) == ("parameter_unknown", 400)
        assert "not supported here yet" in refused.value.user_message
        assert "/docs/parity" in refused.value.user_message
