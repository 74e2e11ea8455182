"""The official Python package drives the catalogue."""

import pytest
import stripe


def test_a_tax_rate_lives(client: stripe.StripeClient) -> None:
    made = client.v1.tax_rates.create({"display_name": "MwSt.", "percentage": 19, "inclusive": True, "country": "DE",
                                       "tax_type": "vat", "metadata": {"a": "1"}})
    assert (made.object, made.percentage, made.inclusive, made.active) == ("tax_rate", 19.0, True, True)
    assert client.v1.tax_rates.retrieve(made.id) == made
    changed = client.v1.tax_rates.update(made.id, {"active": False, "metadata": {"b": "2"}})
    assert (changed.active, changed.metadata.to_dict()) == (False, {"a": "1", "b": "2"})
    assert made.id in [one.id for one in client.v1.tax_rates.list({"active": False}).data]
    assert made.id not in [one.id for one in client.v1.tax_rates.list({"active": True, "limit": 100}).data]
    told = {event.type for event in client.v1.events.list({"limit": 20}).data if event.data.object["id"] == made.id}
    assert told == {"tax_rate.created", "tax_rate.updated"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.tax_rates.create({"display_name": "x", "percentage": 101, "inclusive": True})
    assert (refused.value.param, refused.value.code) == ("percentage", "parameter_invalid_decimal")
