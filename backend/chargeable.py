"""Which amounts can be charged, given back or asked for in a currency: its steps, its least and its most.

Source: the currencies page of the API's documentation: three-decimal currencies, special cases, minimum and maximum.
"""

from backend import money
from backend.errors import InvalidRequest


def check(amount: int, currency: str, param: str = "amount") -> None:
    """Raise for what cannot be charged: `amount_too_small`, `amount_too_large` or `invalid_charge_amount`."""
    check_minimum(amount, currency, param)
    check_maximum(amount, currency, param)
    check_step(amount, currency, param)


def check_minimum(amount: int, currency: str, param: str = "amount") -> None:
    """Raise `amount_too_small` for less than the least of its currency; where none is set, than what half a dollar is
    worth."""
    least = money.minimum(currency)
    if amount >= least:
        return
    said, unit = money.decimal_text(least, currency), currency.upper()
    if money.converted(currency):
        worth = money.in_dollars(amount, currency)
        raise InvalidRequest(
            f"Amount must convert to at least 50 cents. {money.decimal_text(amount, currency)} {unit} converts to "
            f"approximately ${worth}: send at least {said} {unit}, that is {least} in its minor unit.",
            code="amount_too_small", param=param)
    raise InvalidRequest(f"Amount must be at least {said} {unit}: that is {least} in its minor unit.",
                         code="amount_too_small", param=param)


def check_step(amount: int, currency: str, param: str = "amount") -> None:
    """Raise `invalid_charge_amount` for an amount with a fraction that the currency does not move."""
    step = money.step(currency)
    if not amount % step:
        return
    below = amount - amount % step
    why = ("has no decimals in cash, so its amounts are multiples of 100" if step == 100 else
           "has three decimals, of which card networks move two, so the last digit of its amounts is 0")
    raise InvalidRequest(f"{currency.upper()} {why}: send {f'{below} or ' if below else ''}{below + step}.",
                         code="invalid_charge_amount", param=param)


def check_maximum(amount: int, currency: str, param: str = "amount") -> None:
    """Raise `amount_too_large` for more digits than an amount of the currency can have."""
    if amount > (most := money.maximum(currency)):
        raise InvalidRequest(f"Amount must be no more than {money.decimal_text(most, currency)} {currency.upper()}: "
                             f"that is {most} in its minor unit.", code="amount_too_large", param=param)
