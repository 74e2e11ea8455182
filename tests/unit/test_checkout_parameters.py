"""The rules that span several parameters of a new checkout session."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.catalog import lines
from backend.checkout_sessions import parameters, shapes
from backend.errors import InvalidRequest

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def line(amount: int = 2000, quantity: int = 1, currency: str = "usd") -> dict[str, Any]:
    return {"amount_total": amount * quantity, "currency": currency}


def params(**more: Any) -> dict[str, Any]:
    return {"mode": "payment", "success_url": "https://shop.example", **more}


def refused(given: dict[str, Any]) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as error:
        parameters.row(given, NOW)
    return error.value


def test_the_total_is_the_sum_of_the_lines() -> None:
    assert lines.total([line(2000, 3), line(150)], "usd") == 6150


@pytest.mark.parametrize(("given", "code"), [
    (line(49), "amount_too_small"), (line(0), "amount_too_small"), (line(99_999_999, 2), "amount_too_large"),
    (line(49, currency="jpy"), "amount_too_small")])
def test_totals_that_no_payment_can_have_are_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        lines.total([given], given["currency"])
    assert error.value.code == code


@pytest.mark.parametrize("other", [{"customer_email": "a@example.com"}, {"customer_creation": "always"}])
def test_a_customer_is_known_or_new_but_not_both(other: dict[str, str]) -> None:
    error = refused(params(customer="cus_1", **other))
    assert (error.code, error.param) == ("parameters_exclusive", next(iter(other)))


def test_a_session_is_open_for_a_day_unless_said_otherwise() -> None:
    row = parameters.row(params(), NOW)
    assert datetime.fromisoformat(row["expires_at"]) == NOW + timedelta(hours=24)


@pytest.mark.parametrize("minutes", [30, 60, 24 * 60])
def test_an_expiry_within_the_limits_is_kept(minutes: int) -> None:
    wanted = NOW + timedelta(minutes=minutes)
    row = parameters.row(params(expires_at=int(wanted.timestamp())), NOW)
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
