"""The answers of each try to pay, until one of them wins; pure.

A second tab, or a stranger who knows the address, may try while another try is at its bank's check. What the merchant
is told belongs to the try that paid: its payment method, which no stranger knows, says which one that was.
"""

from operator import itemgetter
from typing import Any

from backend.errors import InvalidRequest

Row = dict[str, Any]
TRIES_MAX = 50
"""How many tries of a session may be waiting for their outcome."""


def note(row: Row, payment_method: str, said: Row) -> None:
    """Keep what a try said, and show it as the last; raises InvalidRequest when too many tries wait."""
    kept = dict(row["tried"] or {})
    before = kept.pop(payment_method, {"count": 0})
    if len(kept) >= TRIES_MAX:
        raise InvalidRequest("Too many payments of this order are under way. Wait a moment, then load the page again.",
                             code="rate_limit", said=("many_tries", {}))
    last = max((one["at"] for one in kept.values()), default=0)
    row["tried"] = kept | {payment_method: {**before, **said, "count": before["count"] + 1, "at": last + 1}}
    row["customer_details"] = said["customer_details"]


def forget(row: Row, payment_method: str) -> None:
    """Drop a try that surely failed, unless another with the same method is under way."""
    kept = dict(row["tried"] or {})
    one = kept.get(payment_method)
    if one and one["count"] > 1:
        kept[payment_method] = {**one, "count": one["count"] - 1}
    elif one:
        del kept[payment_method]
    row["tried"] = kept


def rests(row: Row, payment_method: str) -> None:
    """A try waits for its outcome: at the bank's check, or for the acquirer's answer."""
    kept = dict(row["tried"] or {})
    if one := kept.get(payment_method):
        kept[payment_method] = {**one, "waits": min(one.get("waits", 0) + 1, one["count"])}
    row["tried"] = kept


def waiting(row: Row) -> int:
    """How many tries wait for their outcome."""
    return sum(one.get("waits", 0) for one in (row["tried"] or {}).values())


def bury(row: Row) -> int:
    """Drop the tries that waited, for all of them failed; returns how many. Those that have not come so far stay."""
    dead = waiting(row)
    kept = {method: {**one, "count": one["count"] - one.get("waits", 0), "waits": 0}
            for method, one in (row["tried"] or {}).items()}
    row["tried"] = {method: one for method, one in kept.items() if one["count"] > 0}
    return dead


def won(row: Row, payment_method: str | None) -> Row:
    """The columns that the winning try decides: its own answers, or the last ones when its method has another name by
    now (a test alias becomes a method of its own)."""
    kept = row["tried"] or {}
    said: Row = kept.get(payment_method) or max(kept.values(), key=itemgetter("at"), default={})
    return {"customer_details": said.get("customer_details") or row["customer_details"],
            "collected": said.get("collected") or row["collected"]}
