"""How an experiment says what it found: flat figures, the limits that they must keep, and one verdict."""

import time
from collections.abc import Mapping
from typing import Any

Figures = dict[str, Any]


def verdict(seed: int, n: int, began: float, figures: Mapping[str, Any], *, at_most: Mapping[str, float] | None = None,
            at_least: Mapping[str, float] | None = None, why: list[str] | None = None) -> Figures:
    """`began` is a reading of the monotonic clock; `why` are sentences that explain a failure, kept when there is one.

    A figure that has a limit and is missing fails: what was not measured was not shown.
    """
    at_most, at_least = at_most or {}, at_least or {}
    broken = [f"{name} > {most}" for name, most in at_most.items() if not figures.get(name, most + 1) <= most]
    broken += [f"{name} < {least}" for name, least in at_least.items() if not figures.get(name, least - 1) >= least]
    limits = {name: f"<= {most}" for name, most in at_most.items()} | {
        name: f">= {least}" for name, least in at_least.items()}
    found: Figures = {"verdict": "fail" if broken else "pass", "seed": seed, "n": n,
                      "seconds": round(time.monotonic() - began, 1), **figures, "limits": limits}
    return found | {"broken": broken, "why": (why or [])[:20]} if broken else found


def percentiles(values: list[float], name: str) -> Figures:
    """The middle, the 95th percentile and the longest of some seconds."""
    ordered = sorted(values) or [0.0]
    at = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    return {f"{name}_{word}": round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2)
            for word, share in at.items()}
