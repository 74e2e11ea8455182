"""The official Python package makes checkout pages and payment links that ask for more than a card."""

from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import stripe

FIELD = {"key": "gift", "label": {"type": "custom", "custom": "Gift note"}, "type": "text"}
DROPDOWN = {"key": "size", "label": {"type": "custom", "custom": "Size"}, "type": "dropdown", "dropdown": {
    "options": [{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}], "default_value": "l"}}
RATE = {"display_name": "By bicycle", "type": "fixed_amount", "fixed_amount": {"amount": 500, "currency": "usd"}}


@pytest.fixture(scope="module")
def mug(client: stripe.StripeClient) -> str:
    return client.v1.prices.create({"currency": "usd", "unit_amount": 2000, "product_data": {"name": "Mug"}}).id


def session(client: stripe.StripeClient, mug: str, **more: Any) -> Any:
    return client.v1.checkout.sessions.create({
        "mode": "payment", "success_url": "https://shop.example/", "line_items": [{"price": mug, "quantity": 1}],
        **more})


def test_a_page_that_asks_for_nothing_says_so(client: stripe.StripeClient, mug: str) -> None:
    made = session(client, mug)
    assert (made.allow_promotion_codes, made.consent, made.consent_collection) == (None, None, None)
    assert (made.custom_fields, made.shipping_options, made.shipping_cost) == ([], [], None)
    assert (made.collected_information, made.shipping_address_collection) == (None, None)
    assert made.phone_number_collection.enabled is False
    assert made.custom_text.submit is None


def test_what_is_asked_is_shown(client: stripe.StripeClient, mug: str) -> None:
    made = session(
        client, mug, allow_promotion_codes=True, custom_fields=[{**FIELD, "text": {"maximum_length": 20}}, DROPDOWN],
        consent_collection={"terms_of_service": "required", "promotions": "auto",
                            "payment_method_reuse_agreement": {"position": "hidden"}},
        custom_text={"submit": {"message": "Sent within a day."}, "after_submit": {"message": "Thank you."}},
        phone_number_collection={"enabled": True}, shipping_address_collection={"allowed_countries": ["US", "GB"]},
        payment_intent_data={"setup_future_usage": "off_session", "shipping": {
            "name": "Ada", "address": {"line1": "1 High Street", "country": "GB"}}})
    assert made.allow_promotion_codes is True
    text, choice = made.custom_fields
    assert (text.type, text.optional, text.text.maximum_length, text.text.value) == ("text", False, 20, None)
    assert "dropdown" not in text
    assert (choice.dropdown.default_value, [one.value for one in choice.dropdown.options]) == ("l", ["s", "l"])
    assert made.consent_collection.terms_of_service == "required"
    assert made.consent_collection.payment_method_reuse_agreement.position == "hidden"
    assert (made.custom_text.submit.message, made.custom_text.shipping_address) == ("Sent within a day.", None)
    assert made.shipping_address_collection.allowed_countries == ["US", "GB"]
    assert made.collected_information.shipping_details is None
    assert client.v1.checkout.sessions.retrieve(made.id).custom_fields == made.custom_fields


def test_a_way_of_shipping_is_a_rate_or_the_data_of_one(client: stripe.StripeClient, mug: str) -> None:
    rate = client.v1.shipping_rates.create({
        "display_name": "Post", "type": "fixed_amount",
        "fixed_amount": {"amount": 700, "currency": "gbp", "currency_options": {"usd": {"amount": 900}}}})
    made = session(client, mug, shipping_options=[{"shipping_rate": rate.id}, {"shipping_rate_data": RATE}],
                   expand=["shipping_cost.shipping_rate"])
    assert [one.shipping_amount for one in made.shipping_options] == [900, 500]
    assert (made.amount_total, made.amount_subtotal, made.total_details.amount_shipping) == (2900, 2000, 900)
    assert (made.shipping_cost.amount_total, made.shipping_cost.shipping_rate.display_name) == (900, "Post")
    assert client.v1.shipping_rates.retrieve(made.shipping_options[1].shipping_rate).display_name == "By bicycle"


@pytest.mark.parametrize(("given", "param"), [
    ({"custom_fields": [FIELD, {**DROPDOWN, "key": "gift"}]}, "custom_fields[1][key]"),
    ({"custom_fields": [{**FIELD, "key": "with blank"}]}, "custom_fields[0][key]"),
    ({"custom_fields": [{**FIELD, "numeric": {"maximum_length": 1}}]}, "custom_fields[0][numeric]"),
    ({"custom_fields": [{**DROPDOWN, "dropdown": {"options": []}}]}, "custom_fields[0][dropdown][options]"),
    ({"custom_fields": [{**DROPDOWN, "dropdown": {"options": [{"label": "A", "value": "a"}] * 2}}]},
     "custom_fields[0][dropdown][options]"),
    ({"custom_fields": [{**FIELD, "text": {"minimum_length": 5, "maximum_length": 4}}]},
     "custom_fields[0][text][minimum_length]"),
    ({"custom_fields": [{**FIELD, "type": "numeric", "numeric": {"default_value": "x"}}]},
     "custom_fields[0][numeric][default_value]"),
    ({"custom_fields": [{**FIELD, "type": "colour"}]}, "custom_fields[0][type]"),
    ({"custom_fields": [{**FIELD, "label": {"type": "custom", "custom": "x" * 51}}]},
     "custom_fields[0][label][custom]"),
    ({"custom_fields": [{**FIELD, "key": str(number)} for number in range(4)]}, "custom_fields"),
    ({"custom_text": {"submit": {"message": "x" * 1201}}}, "custom_text[submit][message]"),
    ({"allow_promotion_codes": True, "discounts": [{"coupon": "x"}]}, "discounts"),
    ({"shipping_address_collection": {"allowed_countries": ["US", "Wales"]}},
     "shipping_address_collection[allowed_countries][1]"),
    ({"shipping_options": [{"shipping_rate": "shr_none"}]}, "shipping_options[0][shipping_rate]"),
    ({"shipping_options": [{"shipping_rate": "shr_1", "shipping_rate_data": RATE}]},
     "shipping_options[0][shipping_rate]"),
    ({"shipping_options": [{"shipping_rate_data": {**RATE, "fixed_amount": {"amount": 5, "currency": "eur"}}}]},
     "shipping_options[0][shipping_rate_data]"),
    ({"shipping_options": [{"shipping_rate_data": RATE}] * 6}, "shipping_options"),
    ({"consent_collection": {"terms_of_service": "maybe"}}, "consent_collection[terms_of_service]"),
    ({"phone_number_collection": {"enabled": "perhaps"}}, "phone_number_collection[enabled]"),
])
def test_what_cannot_be_asked_is_refused_by_name(client: stripe.StripeClient, mug: str, given: dict[str, Any],
                                                 param: str) -> None:
    before = client.v1.shipping_rates.list({"limit": 100}).data
    with pytest.raises(stripe.InvalidRequestError) as error:
        session(client, mug, **given)
    assert error.value.param == param
    assert len(client.v1.shipping_rates.list({"limit": 100}).data) == len(before), "nothing is half-written"


def test_a_link_hands_what_it_asks_to_every_visit(client: stripe.StripeClient, mug: str) -> None:
    link = client.v1.payment_links.create({
        "line_items": [{"price": mug, "quantity": 1}], "allow_promotion_codes": True, "custom_fields": [FIELD],
        "phone_number_collection": {"enabled": True}, "shipping_options": [{"shipping_rate_data": RATE}],
        "shipping_address_collection": {"allowed_countries": ["US"]}})
    assert (link.allow_promotion_codes, link.custom_fields[0].key) == (True, "gift")
    port = urlsplit(link.url).port
    httpx2.get(f"http://127.0.0.1:{port}{urlsplit(link.url).path}", headers={"host": f"pay.localhost:{port}"},
               trust_env=False)
    made = client.v1.checkout.sessions.list({"payment_link": link.id}).data[0]
    assert (made.allow_promotion_codes, made.amount_total) == (True, 2500)
    assert made.phone_number_collection.enabled is True
    assert made.shipping_address_collection.allowed_countries == ["US"]
    assert made.custom_fields[0].label.custom == "Gift note"


def test_a_link_can_ask_for_less_later(client: stripe.StripeClient, mug: str) -> None:
    link = client.v1.payment_links.create({"line_items": [{"price": mug, "quantity": 1}], "custom_fields": [FIELD],
                                           "allow_promotion_codes": True})
    changed = client.v1.payment_links.update(link.id, {"custom_fields": "", "phone_number_collection":
                                                       {"enabled": True}})
    assert (changed.custom_fields, changed.allow_promotion_codes) == ([], True)
    assert changed.phone_number_collection.enabled is True
