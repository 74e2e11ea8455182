"""Keyset pages: `limit`, `starting_after`, `ending_before` in, a Stripe list out; stable under concurrent inserts."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from backend.errors import InvalidRequest, NotFound

Row = dict[str, Any]
T = TypeVar("T")


def cursor(params: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a statement that every list has; one row more than asked tells `has_more`.

    `created` is half-open: {gte, lt} as moments.
    """
    if params.get("starting_after") and params.get("ending_before"):
        raise InvalidRequest("You may only specify one of these parameters: starting_after, ending_before.",
                             code="parameters_exclusive", param="ending_before")
    created = params.get("created") or {}
    return {"after": params.get("starting_after"), "before": params.get("ending_before"),
            "limit": (params.get("limit") or 10) + 1, "created_gte": created.get("gte"),
            "created_lt": created.get("lt")}


_NOUNS = {"pay.payment": "payment_intent", "pay.checkout_session": "checkout.session",
          "pay.endpoint": "webhook_endpoint"}
"""What a table's rows are called in messages, where that is not the table's own name."""


class Listing:
    """The statements of one list: for each way to begin a page and each set of filters, so that all walk an index."""

    def __init__(self, base: str, table: str, alias: str, key: tuple[str, ...], filters: Mapping[str, str], *,
                 cursors: Mapping[str, str] | None = None) -> None:
        """`cursors`: queries for the key of `after` and `before`, where the public id is no column of `table`."""
        self._base, self._table, self._alias, self._key, self._cursors = base, table, alias, key, cursors or {}
        self._filters = {"created_gte": f"{alias}.created_at >= %(created_gte)s",
                         "created_lt": f"{alias}.created_at < %(created_lt)s", **filters}
        self._made: dict[tuple[str, ...], str] = {}
        self.known = f"SELECT 1 FROM {table} WHERE env = %(env)s AND id = %(cursor)s"  # noqa: S608 - constants
        self.noun = _NOUNS.get(table, table.partition(".")[2])

    def of(self, args: Row) -> str:
        """The statement for what these arguments give: None means that a filter was not asked for."""
        given = tuple(name for name in (*self._filters, "after", "before") if args.get(name) is not None)
        if given not in self._made:
            self._made[given] = self._statement(given)
        return self._made[given]

    def _statement(self, given: tuple[str, ...]) -> str:
        here = f"({', '.join(f'{self._alias}.{name}' for name in self._key)})"
        there = {end: self._cursors.get(end) or f"SELECT {', '.join(self._key)} FROM {self._table} "  # noqa: S608
                 f"WHERE env = %(env)s AND id = %({end})s" for end in ("after", "before")}
        wanted = [self._filters[name] for name in given if name in self._filters]
        wanted += [f"{here} < ({there['after']})"] if "after" in given else []
        wanted += [f"{here} > ({there['before']})"] if "before" in given else []
        way = "" if "before" in given else " DESC"
        order = ", ".join(f"{self._alias}.{name}{way}" for name in self._key)
        return "".join([self._base, *(f" AND {one}" for one in wanted), f" ORDER BY {order} LIMIT %(limit)s"])


def keyset(base: str, table: str, alias: str, *key: str, filters: Mapping[str, str] | None = None) -> Listing:
    """`base` (a SELECT that ends in its WHERE) continued for pages in the order of `key`, newest first.

    `filters` maps an argument to the condition that binds it by name; the condition stands in the statement only when
    the argument is given. Every list can be filtered by `created`. Without a key the order is created_at, id.
    """
    return Listing(base, table, alias, key or ("created_at", "id"), filters or {})


async def rows(ctx: Any, listing: Listing, args: Row) -> list[Row]:
    """The rows of a page; raises NotFound for a cursor that names nothing here, another tenant's object included."""
    found: list[Row] = await ctx.db.rows(ctx.env, listing.of(args), args)
    name = next((name for name in ("before", "after") if args.get(name)), None)
    # only an empty page can come from an unknown cursor, so the others cost no second look
    if name and not found and not await ctx.db.rows(ctx.env, listing.known, {"env": ctx.env, "cursor": args[name]}):
        raise NotFound(listing.noun, args[name], {"before": "ending_before", "after": "starting_after"}[name])
    return found


def page(url: str, params: dict[str, Any], rows: list[T], shape: Callable[[T], Row]) -> dict[str, Any]:
    """The list object, newest first; rows of an `ending_before` page come oldest first and are turned round."""
    limit = params.get("limit") or 10
    shown = rows[:limit]
    if params.get("ending_before"):
        shown = shown[::-1]
    return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": [shape(row) for row in shown]}


def of_list(url: str, params: Row, noun: str, keys: list[str], shape: Callable[[str], Row]) -> Row:
    """A page of what stands in the code, in the order of `keys`, which are the ids. Raises NotFound for a cursor that
    is none of them."""
    place = cursor(params)
    before, after = place["before"], place["after"]
    limit = place["limit"]
    for param in ("starting_after", "ending_before"):
        if params.get(param) and params[param] not in keys:
            raise NotFound(noun, params[param], param)
    rest = keys[:keys.index(before)][::-1] if before else keys[keys.index(after) + 1:] if after else keys
    return page(url, params, [{"key": key} for key in rest[:limit]], lambda row: shape(row["key"]))
