"""Which amounts a payment can have."""

from backend import money
from backend.errors import InvalidRequest


def check_minimum(amount: int, currency: str, param: str = "amount") -> None:
    """Raise `amount_too_small` for an amount below the least of its currency, `invalid_charge_amount` for a fraction
    that the currency does not have."""
    least = money.minimum(currency)
    if amount < least:
        raise InvalidRequest(
            f"Amount must be at least {money.decimal_text(least, currency)} {currency.upper()}: that is {least} in "
            "its minor unit.", code="amount_too_small", param=param)
    step = money.step(currency)
    if amount % step:
        raise InvalidRequest(
            f"{currency.upper()} has no decimals in cash, so its amounts are multiples of {step}: send "
            f"{amount - amount % step} or {amount - amount % step + step}.",
            code="invalid_charge_amount", param=param)
