"""Keyset pages: `limit`, `starting_after`, `ending_before` in, a Stripe list out; stable under concurrent inserts."""

from collections.abc import Callable
from typing import Any, NamedTuple

from backend.errors import InvalidRequest, NotFound

Row = dict[str, Any]


def cursor(params: dict[str, Any]) -> dict[str, Any]:
    """The `after`, `before` and `limit` of a statement; one row more than asked tells `has_more`."""
    if params.get("starting_after") and params.get("ending_before"):
        raise InvalidRequest("You may only specify one of these parameters: starting_after, ending_before.",
                             code="parameters_exclusive", param="ending_before")
    return {"after": params.get("starting_after"), "before": params.get("ending_before"),
            "limit": (params.get("limit") or 10) + 1}


_NOUNS = {"pay.payment": "payment_intent", "pay.checkout_session": "checkout.session", "pay.endpoint":
          "webhook_endpoint", "pay.payment_method": "PaymentMethod"}
"""What a table's rows are called in messages, where that is not the table's own name."""


class Listing(NamedTuple):
    """A list's statement for each way to begin a page, so that every one of them walks an index."""

    first: str
    after: str
    before: str
    known: str
    noun: str

    def of(self, params: Row) -> str:
        """The statement for this page."""
        if params.get("ending_before"):
            return self.before
        return self.after if params.get("starting_after") else self.first


def keyset(base: str, table: str, alias: str, *key: str) -> Listing:
    """`base` (a SELECT that ends in its WHERE) continued for pages in the order of `key`, newest first.

    The statements bind env, limit and one of after, before by name. Without a key the order is created_at, id.
    """
    columns = key or ("created_at", "id")
    here = f"({', '.join(f'{alias}.{name}' for name in columns)})"
    there = f"(SELECT {', '.join(columns)} FROM {table} WHERE env = %(env)s AND id ="  # noqa: S608 - constants
    newest, oldest = (" ORDER BY " + ", ".join(f"{alias}.{name}{way}" for name in columns) + " LIMIT %(limit)s"
                      for way in (" DESC", ""))
    return Listing(base + newest, f"{base} AND {here} < {there} %(after)s){newest}",
                   f"{base} AND {here} > {there} %(before)s){oldest}",
                   f"SELECT 1 FROM {table} WHERE env = %(env)s AND id = %(cursor)s",  # noqa: S608 - constants
                   _NOUNS.get(table, table.partition(".")[2]))


async def rows(ctx: Any, listing: Listing, params: Row, args: Row) -> list[Row]:
    """The rows of a page; raises NotFound for a cursor that names nothing here, another tenant's object included."""
    found: list[Row] = await ctx.db.rows(ctx.env, listing.of(params), args)
    name = next((name for name in ("ending_before", "starting_after") if params.get(name)), None)
    # only an empty page can come from an unknown cursor, so the others cost no second look
    if name and not found and not await ctx.db.rows(ctx.env, listing.known, {"env": ctx.env, "cursor": params[name]}):
        raise NotFound(listing.noun, params[name], name)
    return found


def page(url: str, params: dict[str, Any], rows: list[Row], shape: Callable[[Row], Row]) -> dict[str, Any]:
    """The list object, newest first; rows of an `ending_before` page come oldest first and are turned round."""
    limit = params.get("limit") or 10
    shown = rows[:limit]
    if params.get("ending_before"):
        shown = shown[::-1]
    return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": [shape(row) for row in shown]}
