"""What is sold is counted exactly: nothing is lost, made, or rounded twice."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalog import amounts
from backend.catalog.amounts import Tax

AMOUNTS = st.integers(0, 99_999_999)
TEXTS = st.decimals(min_value=0, max_value=10_000, places=6, allow_nan=False).map(lambda one: format(one, "f"))
LINES = st.lists(AMOUNTS, min_size=1, max_size=20)
PERCENT = st.decimals(min_value=0, max_value=100, places=4, allow_nan=False).map(lambda one: format(one, "f"))


@given(TEXTS, st.integers(0, 999_999))
def test_a_decimal_price_is_rounded_once_half_up(text: str, quantity: int) -> None:
    expected = int((Decimal(text) * quantity).quantize(Decimal(1), ROUND_HALF_UP))
    assert amounts.of_price({"unit_amount_decimal": text}, quantity) == expected


@given(TEXTS)
def test_the_shortest_text_is_the_same_number(text: str) -> None:
    short = amounts.decimal_text(text)
    assert Decimal(short) == Decimal(text)
    assert short == amounts.decimal_text(short)
    assert "E" not in short
    assert not short.endswith(".")


@st.composite
def tiers(draw: st.DrawFn) -> list[dict[str, Any]]:
    tops = sorted(draw(st.sets(st.integers(1, 1000), max_size=5)))
    return [{"up_to": top, "unit_amount_decimal": draw(TEXTS), "flat_amount_decimal": draw(st.none() | TEXTS)}
            for top in [*tops, None]]


@given(tiers(), st.integers(0, 2000))
def test_graduated_tiers_are_the_sum_of_their_units(given: list[dict[str, Any]], quantity: int) -> None:
    total, used = Decimal(0), set()
    for unit in range(1, quantity + 1):
        at = next(i for i, one in enumerate(given) if one["up_to"] is None or unit <= one["up_to"])
        total += Decimal(given[at]["unit_amount_decimal"])
        used.add(at)
    total += sum(Decimal(given[at]["flat_amount_decimal"] or 0) for at in used)
    expected = int(total.quantize(Decimal(1), ROUND_HALF_UP))
    assert amounts.of_price({"tiers": given, "tiers_mode": "graduated"}, quantity) == expected


@given(tiers(), st.integers(1, 2000))
def test_volume_tiers_have_one_rate_for_all(given: list[dict[str, Any]], quantity: int) -> None:
    tier = next(one for one in given if one["up_to"] is None or quantity <= one["up_to"])
    alone = [{**tier, "up_to": None}]
    terms = {"tiers": given, "tiers_mode": "volume"}
    assert amounts.of_price(terms, quantity) == amounts.of_price({**terms, "tiers": alone}, quantity)


@pytest.mark.parametrize(("quantity", "round", "packages"), [(7, "up", 1), (7, "down", 0), (10, "up", 1), (11, "up", 2),
                                                             (19, "down", 1), (0, "up", 0)])
def test_packages(quantity: int, round: str, packages: int) -> None:
    terms = {"unit_amount_decimal": "500", "transform_quantity": {"divide_by": 10, "round": round}}
    assert amounts.of_price(terms, quantity) == 500 * packages


@given(LINES, st.one_of(PERCENT.map(lambda one: {"percent": one}), AMOUNTS.map(lambda one: {"amount": one})))
def test_a_discount_is_shared_to_the_last_cent(lines: list[int], off: dict[str, Any]) -> None:
    parts = amounts.discount(lines, **off)
    total = sum(lines)
    expected = min(off["amount"], total) if "amount" in off else \
        int((Decimal(off["percent"]) * total / 100).quantize(Decimal(1), ROUND_HALF_UP))
    assert sum(parts) == expected
    assert all(0 <= part <= line for part, line in zip(parts, lines, strict=True))


@given(st.lists(st.integers(0, 999_999), min_size=1, max_size=20), st.sampled_from((10, 100)), PERCENT)
def test_a_discount_and_its_shares_are_in_whole_steps(steps: list[int], step: int, percent: str) -> None:
    lines = [one * step for one in steps]
    parts = amounts.discount(lines, percent=percent, step=step)
    assert all(part % step == 0 and 0 <= part <= line for part, line in zip(parts, lines, strict=True))
    assert abs(sum(parts) - Decimal(percent) * sum(lines) / 100) <= Decimal(step) / 2


@given(TEXTS, st.integers(0, 999_999), st.sampled_from((10, 100)))
def test_a_decimal_price_is_rounded_to_a_step(text: str, quantity: int, step: int) -> None:
    found = amounts.of_price({"unit_amount_decimal": text}, quantity, step)
    assert found % step == 0
    assert abs(found - Decimal(text) * quantity) <= Decimal(step) / 2


RATES = st.lists(st.builds(Tax, PERCENT, st.booleans()), max_size=5)


@given(AMOUNTS, RATES)
def test_contained_taxes_are_never_more_than_the_amount(amount: int, rates: list[Tax]) -> None:
    found = amounts.taxes(amount, rates)
    assert len(found) == len(rates)
    assert all(tax >= 0 for tax in found)
    assert sum(tax for tax, rate in zip(found, rates, strict=True) if rate.inclusive) <= amount


@given(AMOUNTS, PERCENT)
def test_an_added_tax_is_the_share_of_the_amount(amount: int, percent: str) -> None:
    expected = int((Decimal(percent) * amount / 100).quantize(Decimal(1), ROUND_HALF_UP))
    assert amounts.taxes(amount, [Tax(percent, inclusive=False)]) == [expected]


def test_the_vectors_of_the_tax_guide() -> None:
    assert amounts.taxes(11_900, [Tax("19", inclusive=True)]) == [1_900]
    assert amounts.taxes(1_000, [Tax("7.25", inclusive=False)]) == [73]  # 72.5 goes up
    assert amounts.taxes(1_150, [Tax("10", inclusive=True), Tax("5", inclusive=True)]) == [100, 50]
    assert amounts.taxes(1_100, [Tax("10", inclusive=True), Tax("2", inclusive=False)]) == [100, 20]
