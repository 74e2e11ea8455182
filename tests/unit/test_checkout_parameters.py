"""The rules that span several parameters of a new checkout session."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.checkout_sessions import parameters, shapes
from backend.errors import InvalidRequest

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def item(amount: int = 2000, quantity: int = 1, currency: str = "usd") -> dict[str, Any]:
    return {"quantity": quantity, "price_data": {"currency": currency, "unit_amount": amount,
                                                 "product_data": {"name": "Notebook"}}}


def params(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"mode": "payment", "success_url": "https://shop.example", "line_items": list(items or [item()]), **more}


def refused(given: dict[str, Any]) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as error:
        parameters.rows(given, NOW)
    return error.value


def test_the_total_is_the_sum_of_the_items() -> None:
    row, items = parameters.rows(params(item(2000, 3), item(150)), NOW)
    assert row["amount_total"] == 6150
    assert [one["amount_total"] for one in items] == [6000, 150]


def test_items_in_two_currencies_are_refused() -> None:
    assert refused(params(item(), item(currency="eur"))).param == "line_items[1][price_data][currency]"


def test_another_currency_than_the_items_is_refused() -> None:
    assert refused(params(currency="eur")).param == "currency"


@pytest.mark.parametrize(("given", "code"), [
    (params(item(49)), "amount_too_small"), (params(item(0)), "amount_too_small"),
    (params(item(99_999_999, 2)), "amount_too_large"), (params(item(49, currency="jpy")), "amount_too_small"),
    ({**params(), "line_items": []}, "parameter_missing"),
    (params(customer="cus_1", customer_email="a@example.com"), "parameters_exclusive")])
def test_impossible_sessions_are_refused(given: dict[str, Any], code: str) -> None:
    assert refused(given).code == code


def test_a_session_is_open_for_a_day_unless_said_otherwise() -> None:
    row, _ = parameters.rows(params(), NOW)
    assert datetime.fromisoformat(row["expires_at"]) == NOW + timedelta(hours=24)


@pytest.mark.parametrize("minutes", [30, 60, 24 * 60])
def test_an_expiry_within_the_limits_is_kept(minutes: int) -> None:
    wanted = NOW + timedelta(minutes=minutes)
    row, _ = parameters.rows(params(expires_at=int(wanted.timestamp())), NOW)
    assert datetime.fromisoformat(row["expires_at"]) == wanted


@pytest.mark.parametrize("minutes", [-5, 0, 28, 24 * 60 + 2])
def test_an_expiry_outside_the_limits_is_refused(minutes: int) -> None:
    assert refused(params(expires_at=int(NOW.timestamp()) + minutes * 60)).param == "expires_at"


def test_what_a_buyer_typed_is_trimmed_and_cut() -> None:
    found = shapes.details({"email": " ada@example.com ", "name": "A" * 999, "country": "GB", "amount": "1"})
    assert found["email"] == "ada@example.com"
    assert len(found["name"]) == 200
    assert found["address"]["country"] == "GB"
    assert "amount" not in found
