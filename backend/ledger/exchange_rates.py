"""Exchange rates of the sandbox: a fixed table of round figures, so that everybody's tests see the same; no quotes."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from backend import money, pages
from backend.errors import NotFound
from backend.ledger.shapes import EXCHANGE_RATE

Row = dict[str, Any]
_PER_USD: dict[str, Decimal] = {
    code: Decimal(rate) for code, rate in
    json.loads(Path(__file__).with_name("exchange_rates.json").read_text()).items()}


def get(currency: str) -> Row:
    """What one unit of `currency` is worth in every other; raises NotFound."""
    if currency not in _PER_USD or not money.known(currency):
        raise NotFound("exchange_rate", currency)
    base = _PER_USD[currency]
    rates = {code: float(f"{rate / base:.6g}") for code, rate in _PER_USD.items()}  # shown, never computed with
    return EXCHANGE_RATE.render({"id": currency, "rates": rates})


def find(params: Row) -> Row:
    """A page of all, by currency."""
    return pages.of_list("/v1/exchange_rates", params, sorted(_PER_USD), get)
