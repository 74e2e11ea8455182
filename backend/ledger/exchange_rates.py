"""Exchange rates of the sandbox: a fixed table of round figures, so that everybody's tests see the same; no quotes."""

from typing import Any

from backend import money, pages
from backend.errors import NotFound
from backend.ledger.shapes import EXCHANGE_RATE

Row = dict[str, Any]


def get(currency: str) -> Row:
    """What one unit of `currency` is worth in every other; raises NotFound."""
    if currency not in money.PER_USD or not money.known(currency):
        raise NotFound("exchange_rate", currency)
    base = money.PER_USD[currency]
    rates = {code: float(f"{rate / base:.6g}") for code, rate in money.PER_USD.items()}  # shown, never computed with
    return EXCHANGE_RATE.render({"id": currency, "rates": rates})


def find(params: Row) -> Row:
    """A page of all, by currency."""
    return pages.of_list("/v1/exchange_rates", params, "exchange_rate", sorted(money.PER_USD), get)
