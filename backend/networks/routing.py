"""Which acquirer gets a payment: the cheapest for the card's brand that is well, in an order that never wavers."""

from collections.abc import Collection, Mapping
from typing import Any

from backend.config import Settings
from backend.errors import ApiError
from backend.networks.bank import Bank
from backend.networks.breaker import Breaker, Breakers, Permit
from backend.networks.port import Connector

ANY = "*"
UNAVAILABLE = "acquirer_unavailable"

Costs = Mapping[tuple[str, str], int]
"""(acquirer, brand or `*`) -> cost in basis points of the amount."""


COLLECTORS: tuple[type[Connector], ...] = (Bank,)
"""Those that collect from bank accounts: they decide later, and may be called back until then."""
COLLECTING = frozenset(one.name for one in COLLECTORS)
"""Their names."""
COLLECTED = frozenset[str]().union(*(one.takes for one in COLLECTORS))
"""The types of payment methods that are collected."""


def everybody(settings: Settings) -> list[str]:
    """The names of all connectors."""
    return [*settings.acquirer_addresses, *sorted(COLLECTING)]


def takers(settings: Settings, method: Mapping[str, Any]) -> list[str]:
    """Who can move the money of this method, cheapest first."""
    if collectors := [one.name for one in COLLECTORS if method["type"] in one.takes]:
        return collectors
    return order(settings.acquirer_addresses, settings.acquirer_cost_table, method["card"]["brand"])


def is_collected(method: Mapping[str, Any] | None) -> bool:
    """True for a method that a bank collects."""
    return method is not None and method["type"] in COLLECTED


def order(connectors: Collection[str], costs: Costs, brand: str) -> list[str]:
    """The acquirers for a brand, cheapest first; equal ones, and those without a price last, as the operator named
    them."""
    def cost(name: str) -> float:
        return costs.get((name, brand), costs.get((name, ANY), float("inf")))

    return sorted(connectors, key=cost)  # a stable sort: the operator's order decides between equals


def pick(breakers: Breakers, names: Collection[str]) -> Permit:
    """Leave to send to the first of `names` that is well, else a probe to one that was sick a while ago.

    Raises ApiError `acquirer_unavailable`, at once and before anything is written, when none is.
    """
    for ask in (Breaker.enter, Breaker.probe):  # when none is well, whoever may be again is asked now and then
        for name in names:
            if permit := ask(breakers.of(name)):
                return permit
    raise _unavailable()


def require_any(breakers: Breakers, names: Collection[str]) -> None:
    """Raise what `pick` would raise, without taking leave to send."""
    if not any(breakers.of(name).ready for name in names):
        raise _unavailable()


def _unavailable() -> ApiError:
    return ApiError("No acquirer can be reached right now. Nothing was charged; please try again in a minute.",
                    code=UNAVAILABLE)
