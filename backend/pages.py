"""Keyset pages: `limit`, `starting_after`, `ending_before` in, a Stripe list out; stable under concurrent inserts."""

from collections.abc import Callable
from typing import Any

from backend.errors import InvalidRequest

Row = dict[str, Any]


def cursor(params: dict[str, Any]) -> dict[str, Any]:
    """The `after`, `before` and `limit` of a statement; one row more than asked tells `has_more`."""
    if params.get("starting_after") and params.get("ending_before"):
        raise InvalidRequest("You may only specify one of these parameters: starting_after, ending_before.",
                             code="parameters_exclusive", param="ending_before")
    return {"after": params.get("starting_after"), "before": params.get("ending_before"),
            "limit": (params.get("limit") or 10) + 1}


def page(url: str, params: dict[str, Any], rows: list[Row], shape: Callable[[Row], Row]) -> dict[str, Any]:
    """The list object, newest first; rows of an `ending_before` page come oldest first and are turned round."""
    limit = params.get("limit") or 10
    shown = rows[:limit]
    if params.get("ending_before"):
        shown = shown[::-1]
    return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": [shape(row) for row in shown]}
