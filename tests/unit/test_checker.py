"""The judge of the fault experiments sees every kind of wrong that it is there for: a plant each, and a clean order."""

import time
from datetime import datetime
from typing import Any

import pytest

from tests.fault import report
from tests.fault.checker import judge
from tests.fault.verdicts import percentiles, verdict
from tests.shoppers import Purchase, Told

SEED = 9


def _order(status: int = 200, body: bytes = b'{"status":"succeeded"}', kind: str = "sale") -> Purchase:
    told = Told("/v1/payment_intents", {}, "k", status, body, 1, {})
    return Purchase(0, kind, 500, "usd", "pm_card_visa", [told] if status else [])


def _intent(status: str = "succeeded", received: int = 500) -> dict[str, Any]:
    return {"status": status, "amount_received": received, "metadata": {"order": f"{SEED}-0"},
            "cancellation_reason": None}


CLOSED = _intent("canceled", 0) | {"cancellation_reason": "automatic"}
"""One that was born in a request that could not leave."""


def _verdict_on(order: Purchase, intents: list[dict[str, Any]], money: list[int]) -> dict[str, int]:
    return {name: count for name, count in judge([order], intents, {0: money}, SEED).figures.items() if count}


@pytest.mark.parametrize(("order", "intents", "money"), [
    (_order(), [_intent()], [500]),
    (_order(402, b"{}", "declined"), [_intent("requires_payment_method", 0)], []),
    (_order(0), [_intent()], [500]),
    (_order(0), [_intent("requires_payment_method", 0)], []),
    (_order(0), [], []),
    (_order(), [_intent(), CLOSED], [500]),
], ids=["paid", "declined", "told nothing and paid", "told nothing and not paid", "never arrived", "at the second try"])
def test_what_is_right_is_not_accused(order: Purchase, intents: list[dict[str, Any]], money: list[int]) -> None:
    assert _verdict_on(order, intents, money) == {}


@pytest.mark.parametrize(("order", "intents", "money", "found"), [
    (_order(), [_intent(received=1000)], [500, 500], "double_charges"),
    (_order(), [_intent()], [500, 500], "double_charges"),
    (_order(), [_intent()], [], "lost_charges"),
    (_order(0), [_intent("requires_payment_method", 0)], [500], "lost_charges"),
    (_order(0), [], [500], "lost_charges"),
    (_order(402, b"{}"), [_intent()], [500], "wrong_answers"),
    (_order(), [_intent(), _intent("requires_payment_method", 0)], [500], "wrong_answers"),
    (_order(), [_intent(received=700)], [500], "wrong_answers"),
    (_order(0), [_intent("processing", 0)], [], "unresolved_after_90_s"),
], ids=["twice", "twice, shown once", "never", "taken, not shown", "taken, unknown", "told no", "two intents",
        "other amount", "no end"])
def test_what_is_wrong_is_seen(order: Purchase, intents: list[dict[str, Any]], money: list[int], found: str) -> None:
    assert found in _verdict_on(order, intents, money)


def test_a_figure_over_its_limit_or_missing_fails() -> None:
    began = time.monotonic()
    assert verdict(1, 5, began, {"lost": 0}, at_most={"lost": 0})["verdict"] == "pass"
    assert verdict(1, 5, began, {"lost": 1}, at_most={"lost": 0})["broken"] == ["lost > 0"]
    assert verdict(1, 5, began, {}, at_most={"lost": 0})["verdict"] == "fail"
    assert verdict(1, 5, began, {"kills": 3}, at_least={"kills": 4})["verdict"] == "fail"
    assert verdict(1, 5, began, {}, at_least={"kills": 4})["verdict"] == "fail"


def test_percentiles_are_those_of_the_list() -> None:
    assert percentiles([float(n) for n in range(1, 101)], "s") == {"s_p50": 51.0, "s_p95": 96.0, "s_max": 100.0}
    assert percentiles([], "s") == {"s_p50": 0.0, "s_p95": 0.0, "s_max": 0.0}


def test_the_page_says_what_failed_and_what_was_not_measured() -> None:
    line = {"id": "storm", "title": "A storm", "commit": "abc", "verdict": "fail", "broken": ["lost_charges > 0"],
            "n": 2000, "seed": 7, "seconds": 60.0, "lost_charges": 1, "limits": {"lost_charges": "<= 0"},
            "replay": "python -m tests.fault storm --seed 7"}
    hardware = {"cores": 2, "cpu": "x", "memory_gib": 4, "kernel": "6", "python": "3", "fdatasync_ms": 1}
    page = report.page([line], hardware, datetime(2026, 11, 21), datetime(2026, 11, 21, 0, 17))
    assert "**1 failed: storm.**" in page
    assert "UTC, 17 minutes" in page
    assert "| Lost charges | 1 | 2000 payments |" in page
    assert "| Double charges | not measured |" in page
    assert "* lost_charges > 0" in page
    assert "0.15 %" in page  # the rule of three
