"""Prices: create, get, update, find. What a price costs never changes; a new amount is a new price."""

from collections.abc import Iterable
from typing import Any

from backend.catalog import documents, sql
from backend.catalog.tables import PRICE, PRODUCT
from backend.context import Context
from backend.db import Connection, constraint
from backend.errors import InvalidRequest
from backend.resources import resources

Row = dict[str, Any]
_FIELDS = ("active", "metadata")


async def create(ctx: Context, tx: Connection, params: Row, *, id: str | None = None, within: str = "",
                 told: bool = True) -> Row:
    """A new price of a product, which `product_data` may make with it; writes price.created unless not `told`.

    `within` is the hash of the request in which the parameters came.
    """
    doc = documents.price(params, within)
    doc["product"] = await _product(ctx, tx, params, within, told=told)
    if doc["lookup_key"]:
        await _free_key(ctx, tx, doc["lookup_key"], None, transfer=params.get("transfer_lookup_key", False))
    return await resources.create(ctx, tx, PRICE if told else resources.silent(PRICE), doc, id=id, param="lookup_key")


async def _product(ctx: Context, tx: Connection, params: Row, within: str, *, told: bool) -> str:
    data = params.get("product_data")
    if not data:
        locked = await resources.lock(ctx, tx, PRODUCT, params["product"],
                                      f"{within}[product]" if within else "product")  # see products.delete
        return str(locked["id"])
    doc = documents.product(data, ctx.clock.now())
    kind = PRODUCT if told else resources.silent(PRODUCT)
    made = await resources.create(ctx, tx, kind, doc, id=data.get("id"), param="product_data[id]")
    return str(made["id"])


async def get(ctx: Context, id: str) -> Row:
    """One price; raises NotFound."""
    return await resources.get(ctx, PRICE, id)


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Change a price's words, archive it, or add currencies; writes price.updated. Never its amount."""
    product = (await resources.read(ctx, tx, PRICE, id))["product"]
    if params.get("active") is False:
        owner = await resources.lock(ctx, tx, PRODUCT, product)
        if owner["default_price"] == id:
            raise InvalidRequest("This price cannot be archived because it is the default price of its product. Give "
                                 "the product another default price first.", param="active")
    row = await resources.lock(ctx, tx, PRICE, id)
    changes: Row = {name: params[name] for name in _FIELDS if name in params}
    changes |= {name: params[name] or None for name in ("nickname", "lookup_key") if name in params}
    if "tax_behavior" in params:
        changes["tax_behavior"] = _behavior(row, params["tax_behavior"])
    if "currency_options" in params:
        changes["currency_options"] = _options(row, params["currency_options"])
    if changes.get("lookup_key"):
        await _free_key(ctx, tx, changes["lookup_key"], id, transfer=params.get("transfer_lookup_key", False))
    try:
        return await resources.save(ctx, tx, PRICE, row, changes)
    except Exception as error:
        if constraint(error) == "one_price_per_lookup_key":
            raise _taken(changes["lookup_key"]) from error
        raise


def _behavior(row: Row, given: str) -> str:
    if row["tax_behavior"] not in ("unspecified", given):
        raise InvalidRequest(f"The tax_behavior of a price cannot be changed once it is {row['tax_behavior']}.",
                             param="tax_behavior")
    return given


def _options(row: Row, given: Any) -> Row:
    """The amounts in other currencies, with those that are given; an amount that stands is never changed."""
    options = dict(row["currency_options"])
    for code, one in (given or {}).items():
        param = f"currency_options[{code}]"
        new = documents.price({**one, "currency": code, **_tiered(row)}, param)
        made = {name: new[name] for name in documents.IN_CURRENCY}
        if code == row["currency"] or (code in options and _amounts(options[code]) != _amounts(made)):
            raise InvalidRequest("The amount of a price never changes; create a new price instead.", param=param)
        options[code] = made
    return options


def _tiered(row: Row) -> Row:
    return {"tiers_mode": row["tiers_mode"]} if row["tiers_mode"] else {}


def _amounts(option: Row) -> Row:
    return {name: value for name, value in option.items() if name != "tax_behavior"}


async def _free_key(ctx: Context, tx: Connection, key: str, mine: str | None, *, transfer: bool) -> None:
    """See that no other price has the lookup key, taking it from the one that has when `transfer` says so."""
    holder = (await tx.execute(sql.PRICE_OF_KEY, {"env": ctx.env, "lookup_key": key})).scalar()
    if holder in (None, mine):
        return
    if not transfer:
        raise _taken(key, holder)
    await resources.change(ctx, tx, PRICE, holder, {"lookup_key": None})


def _taken(key: str, holder: str | None = None) -> InvalidRequest:
    who = f" (`{holder}`)" if holder else ""
    return InvalidRequest(f"A price{who} already uses the lookup key `{key}`. Pass transfer_lookup_key=true to move it "
                          "to this price.", code="resource_already_exists", param="lookup_key")


async def find(ctx: Context, params: Row) -> Row:
    """A page of prices, newest first; filters active, created, currency, lookup_keys, product, recurring, type."""
    return await resources.find(ctx, PRICE, {**params, **params.get("recurring", {})})


async def tiers(ctx: Context, wanted: Iterable[str]) -> Row:
    """The tiers of tiered prices, by their ids: shown when they are expanded."""
    return {id: row["tiers"] for id, row in (await resources.rows(ctx, PRICE, wanted)).items() if row["tiers"]}


async def currency_options(ctx: Context, wanted: Iterable[str]) -> Row:
    """The amounts in each currency of these prices, their own included."""
    found = await resources.rows(ctx, PRICE, wanted)
    return {id: {code: documents.shown_option(one) for code, one in
                 {row["currency"]: row, **row["currency_options"]}.items()} for id, row in found.items()}


async def search(ctx: Context, params: Row) -> Row:
    """A page of prices that a query finds."""
    return await resources.search(ctx, PRICE, params)
