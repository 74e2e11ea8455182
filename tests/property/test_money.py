"""Money for any amount: fee + net = gross, monotonic, exact; texts read back to the same amount."""

from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from backend import money
from backend.ledger import chart

AMOUNTS = st.integers(1, money.AMOUNT_MAX)
CURRENCIES = st.sampled_from(sorted(money.CURRENCIES))


@given(AMOUNTS, CURRENCIES, st.integers(0, 10_000), st.integers(0, 1000))
def test_the_fee_is_the_exact_rounding_of_decimal_arithmetic(amount, currency, points, fixed):
    exact = (Decimal(amount) * points / 10_000).quantize(Decimal(1), ROUND_HALF_UP) + fixed
    assert money.fee(amount, currency, basis_points=points, fixed=fixed) == exact


@given(AMOUNTS, CURRENCIES)
def test_a_larger_amount_never_has_a_smaller_fee(amount, currency):
    assert 0 <= money.fee(amount + 1, currency) - money.fee(amount, currency) <= 1


@given(AMOUNTS, CURRENCIES, st.booleans())
def test_fee_and_net_are_the_gross(amount, currency, from_hold):
    entries = chart.captured("pi_1", amount, currency, from_hold=from_hold)
    moved = [entry for entry in entries if entry["op"] in ("post", "draw")]
    gross = sum(entry["amount"] for entry in moved if entry["code"] == "capture")
    fee = sum(entry["amount"] for entry in moved if entry["code"] == "fee")
    assert gross == amount
    assert fee == money.fee(amount, currency)
    assert gross - fee == amount - money.fee(amount, currency)
    assert {entry["currency"] for entry in entries} == {currency}
    assert len({entry["group"] for entry in moved}) == 1
    assert [entry["posted"] for entry in entries if entry["op"] == "close"] == [amount] * from_hold
    assert all(entry["amount"] > 0 for entry in moved)


@given(st.integers(-money.AMOUNT_MAX, money.AMOUNT_MAX), CURRENCIES)
def test_a_text_reads_back_to_its_amount(amount, currency):
    text = money.decimal_text(amount, currency)
    assert Decimal(text).scaleb(money.exponent(currency)) == amount
    assert len(text.partition(".")[2]) == money.exponent(currency)


@given(st.text(max_size=5))
def test_only_listed_codes_are_known(text):
    assert money.known(text) == (text in money.CURRENCIES)
