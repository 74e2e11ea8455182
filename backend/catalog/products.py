"""Products: create, get, update, delete, find. A product with prices can be archived, not deleted."""

from typing import Any

from backend import ids
from backend.catalog import documents, prices, sql
from backend.catalog.tables import PRICE, PRODUCT
from backend.clock import unix
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest
from backend.resources import resources

Row = dict[str, Any]
_CLEARED = ("description", "statement_descriptor", "unit_label", "url", "shippable")
_PLAIN = ("active", "name", "metadata", "images", "marketing_features")


async def create(ctx: Context, tx: Connection, params: Row) -> Row:
    """A new product, with its first price when `default_price_data` is given; writes product.created."""
    doc = documents.product(params, ctx.clock.now())
    first = params.get("default_price_data")
    if first:
        doc["default_price"] = ids.new("price", ctx.env)
    shape = await resources.create(ctx, tx, PRODUCT, doc, id=params.get("id"))
    if first:
        await prices.create(ctx, tx, {**first, "product": shape["id"]}, id=doc["default_price"],
                            within="default_price_data")
    return shape


async def get(ctx: Context, id: str) -> Row:
    """One product; raises NotFound."""
    return await resources.get(ctx, PRODUCT, id)


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Change a product; writes product.updated. Its default price must be an active price of its own."""
    row = await resources.lock(ctx, tx, PRODUCT, id)
    changes = {name: None if params[name] == "" else params[name] for name in _CLEARED if name in params}
    changes |= {name: params[name] for name in _PLAIN if name in params}
    if "package_dimensions" in params:
        changes["package_dimensions"] = documents.dimensions(params["package_dimensions"])
    if "default_price" in params:
        changes["default_price"] = await _default(ctx, tx, id, params["default_price"])
    if any(row.get(name) != value for name, value in changes.items()):
        changes["updated"] = unix(ctx.clock.now())
    return await resources.save(ctx, tx, PRODUCT, row, changes)


async def _default(ctx: Context, tx: Connection, id: str, price: str) -> str:
    found = await resources.read(ctx, tx, PRICE, price, "default_price")
    if found["product"] != id:
        raise InvalidRequest(f"The price '{price}' belongs to the product '{found['product']}', not to this one.",
                             param="default_price")
    if not found["active"]:
        raise InvalidRequest(f"The price '{price}' is archived. Make it active first, or choose another.",
                             param="default_price")
    return price


async def delete(ctx: Context, tx: Connection, id: str) -> Row:
    """Delete a product that has no prices; writes product.deleted."""
    await resources.lock(ctx, tx, PRODUCT, id)  # a new price takes the same lock first
    if (await tx.execute(sql.HAS_PRICES, {"env": ctx.env, "product": id})).scalar():
        raise InvalidRequest("This product cannot be deleted because it has one or more prices. Archive it instead: "
                             "update it with active=false.", param="id")
    return await resources.delete(ctx, tx, PRODUCT, id)


async def find(ctx: Context, params: Row) -> Row:
    """A page of products, newest first; filters active, created, ids, shippable, type, url."""
    return await resources.find(ctx, PRODUCT, params)


async def search(ctx: Context, params: Row) -> Row:
    """A page of products that a query finds."""
    return await resources.search(ctx, PRODUCT, params)
