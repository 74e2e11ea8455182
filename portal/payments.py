"""The list of payments, filtered by what became of their money."""

from typing import Any

from backend.context import Context
from backend.customers import payment_methods
from backend.payments import reports
from portal import keys, words

Row = dict[str, Any]
LIMIT = 20


async def rows(ctx: Context, found: list[Row]) -> list[Row]:
    """Intents as the list shows them, with the cards that were used last, read together."""
    wanted = {one["payment_method"] for one in found if one["payment_method"]}
    methods = await payment_methods.many(ctx, wanted) if wanted else {}
    return [{**one, "card": card(one, methods)} for one in found]


def card(intent: Row, methods: dict[str, Row]) -> Row | None:
    """Brand (or type) and last four of the card or account; after a decline the intent has let go of it, but its error
    remembers."""
    method = methods.get(intent["payment_method"] or "") or (intent["last_payment_error"] or {}).get("payment_method")
    return {"brand": method["type"], **method[method["type"]]} if method else None


async def index(ctx: Context, query: Row) -> Row:
    """The list: `status` filters, `after` and `before` are the cursors of the neighbouring pages."""
    status = query.get("status") if query.get("status") in dict(words.FILTERS) else ""
    asked = {"limit": LIMIT, "money": status or None, "starting_after": query.get("after") or None,
             "ending_before": query.get("before") or None}
    found = await reports.find(ctx, asked)
    data = found["data"]
    back = bool(asked["ending_before"])
    return {"rows": await rows(ctx, data), "status": status, "own_key": None if data or status else await keys.own(ctx),
            "older": data[-1]["id"] if data and (found["has_more"] or back) else None,
            "newer": data[0]["id"] if data and (asked["starting_after"] or (back and found["has_more"])) else None}
