"""The official Python package drives payment links."""

import pytest
import stripe
from stripe import PaymentLink


@pytest.fixture(scope="module")
def price(client: stripe.StripeClient) -> str:
    data = {"currency": "usd", "unit_amount": 1500, "product_data": {"name": "Mug"}}
    return client.v1.prices.create(data).id


def made(client: stripe.StripeClient, price: str, **more: object) -> PaymentLink:
    return client.v1.payment_links.create({"line_items": [{"price": price, "quantity": 2}], **more})


def test_a_link_has_every_field_of_the_official_type(client: stripe.StripeClient, price: str) -> None:
    shown = made(client, price)
    assert set(PaymentLink.__annotations__) - {"OBJECT_NAME", "line_items", "name_collection", "optional_items",
                                               "deleted"} <= set(shown.to_dict())
    assert (shown.object, shown.active, shown.currency, shown.livemode) == ("payment_link", True, "usd", False)
    assert shown.after_completion.to_dict() == {"type": "hosted_confirmation",
                                                "hosted_confirmation": {"custom_message": None}}
    assert (shown.restrictions, shown.inactive_message, shown.submit_type) == (None, None, "auto")
    assert "/l/" in shown.url


def test_a_link_lives(client: stripe.StripeClient, price: str) -> None:
    link = made(client, price, metadata={"a": "1"}, restrictions={"completed_sessions": {"limit": 3}},
                inactive_message="Sold out, sorry.", customer_creation="always",
                payment_intent_data={"description": "Mugs", "metadata": {"x": "1"}})
    assert client.v1.payment_links.retrieve(link.id) == link
    assert link.restrictions.to_dict() == {"completed_sessions": {"count": 0, "limit": 3}}
    changed = client.v1.payment_links.update(link.id, {
        "active": False, "metadata": {"b": "2"}, "inactive_message": "", "restrictions": "",
        "after_completion": {"type": "redirect", "redirect": {"url": "https://shop.example/thanks"}}})
    assert (changed.active, changed.inactive_message, changed.restrictions) == (False, None, None)
    assert changed.metadata.to_dict() == {"a": "1", "b": "2"}
    assert changed.after_completion.to_dict() == {"type": "redirect", "redirect": {"url": "https://shop.example/thanks"}}
    assert changed.payment_intent_data.metadata.to_dict() == {"x": "1"}
    assert link.id in [one.id for one in client.v1.payment_links.list({"active": False}).data]
    assert link.id not in [one.id for one in client.v1.payment_links.list({"active": True, "limit": 100}).data]
    told = {event.type for event in client.v1.events.list({"limit": 20}).data if event.data.object["id"] == link.id}
    assert told == {"payment_link.created", "payment_link.updated"}


def test_its_line_items_are_listed_expanded_and_changed(client: stripe.StripeClient, price: str) -> None:
    inline = {"currency": "usd", "unit_amount": 300, "product_data": {"name": "Card", "metadata": {"size": "A6"}}}
    link = client.v1.payment_links.create({"line_items": [
        {"price": price, "quantity": 2, "adjustable_quantity": {"enabled": True, "maximum": 5}},
        {"price_data": inline, "quantity": 1}], "expand": ["line_items.data.price.product"]})
    first, second = link.line_items.data
    assert (first.amount_total, first.price.id, first.price.product.name) == (3000, price, "Mug")
    assert first.adjustable_quantity.to_dict() == {"enabled": True, "maximum": 5, "minimum": 0}
    assert (second.description, second.price.active, second.price.product.metadata["size"]) == ("Card", False, "A6")
    assert second.adjustable_quantity is None
    client.v1.payment_links.update(link.id, {"line_items": [{"id": first.id, "quantity": 4}]})
    listed = client.v1.payment_links.line_items.list(link.id, {"limit": 1})
    assert (listed.has_more, listed.data[0].quantity, listed.data[0].amount_total) == (True, 4, 6000)
    rest = client.v1.payment_links.line_items.list(link.id, {"starting_after": first.id})
    assert [item.id for item in rest.data] == [second.id]


@pytest.mark.parametrize(("change", "param", "code"), [
    ({"line_items": []}, "line_items", "parameter_missing"),
    ({"line_items": [{"price": "{price}", "quantity": 1}] * 21}, "line_items", "parameter_invalid_array"),
    ({"line_items": [{"price": "price_none", "quantity": 1}]}, "line_items[0][price]", "resource_missing"),
    ({"line_items": [{"quantity": 1}]}, "line_items[0][price]", "parameter_missing"),
    ({"line_items": [{"price": "{price}", "quantity": 0}]}, "line_items[0][quantity]", "parameter_invalid_integer"),
    ({"line_items": [{"price": "{price}", "quantity": 9, "adjustable_quantity": {"enabled": True, "maximum": 5}}]},
     "line_items[0][quantity]", None),
    ({"currency": "eur"}, "currency", None),
    ({"automatic_tax": {"enabled": True}}, "automatic_tax", "parameter_unknown"),
    ({"tax_id_collection": {"enabled": True}}, "tax_id_collection", "parameter_unknown"),
    ({"after_completion": {"type": "redirect"}}, "after_completion[redirect][url]", "parameter_missing"),
    ({"after_completion": {"type": "redirect", "redirect": {"url": "javascript:1"}}}, "after_completion[redirect][url]",
     "url_invalid"),
    ({"after_completion": {"type": "hosted_confirmation", "redirect": {"url": "https://a.example"}}},
     "after_completion[redirect]", "parameter_invalid_combination"),
    ({"restrictions": {"completed_sessions": {"limit": 0}}}, "restrictions[completed_sessions][limit]",
     "parameter_invalid_integer"),
    ({"inactive_message": "x" * 501}, "inactive_message", "parameter_invalid_string_length"),
    ({"submit_type": "subscribe"}, "submit_type", "parameter_invalid_enum"),
])
def test_a_bad_parameter_is_named(client: stripe.StripeClient, price: str, change: dict, param: str,
                                  code: str | None) -> None:
    params = {"line_items": [{"price": price, "quantity": 1}], **change}
    params["line_items"] = [{**one, "price": price} if one.get("price") == "{price}" else one
                            for one in params["line_items"]]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_links.create(params)
    assert (refused.value.param, refused.value.code) == (param, code)


def test_what_cannot_be_bought_is_refused(client: stripe.StripeClient, price: str) -> None:
    product = client.v1.products.create({"name": "Paper"}).id
    monthly = client.v1.prices.create({"currency": "usd", "unit_amount": 900, "product": product,
                                       "recurring": {"interval": "month"}}).id
    chosen = client.v1.prices.create({"currency": "usd", "product": product,
                                      "custom_unit_amount": {"enabled": True}}).id
    archived = client.v1.prices.create({"currency": "usd", "unit_amount": 900, "product": product, "active": False}).id
    for bad in (monthly, chosen, archived):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            made(client, bad)
        assert refused.value.param == "line_items[0][price]"
