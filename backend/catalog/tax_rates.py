"""Tax rates: create, get, update, find. A rate's percentage never changes: what was sold with it stays true."""

from typing import Any

from backend.catalog import shapes
from backend.context import Context
from backend.db import Connection
from backend.metadata import merged
from backend.resources import resources
from backend.resources.resources import Resource

Row = dict[str, Any]
TAX_RATE = Resource(shapes.TAX_RATE, "txr", "pay.tax_rate", "/v1/tax_rates", "tax_rate", filters={
    "active": "(doc->>'active')::boolean = %(active)s", "inclusive": "(doc->>'inclusive')::boolean = %(inclusive)s"},
    private=("percentage_text",))
_FIELDS = ("country", "description", "display_name", "jurisdiction", "state", "tax_type")


async def create(ctx: Context, tx: Connection, params: Row) -> Row:
    """A new tax rate, active unless `active` says no; writes tax_rate.created."""
    percentage = float(params["percentage"])  # a share that is shown, never an amount: taxes are computed from its text
    doc = {name: params.get(name) or None for name in _FIELDS}
    doc |= {"active": params.get("active", True), "inclusive": params["inclusive"], "percentage": percentage,
            "percentage_text": params["percentage"], "rate_type": "percentage",
            "metadata": merged({}, params.get("metadata"))}
    return await resources.create(ctx, tx, TAX_RATE, doc)


async def get(ctx: Context, id: str) -> Row:
    """One tax rate; raises NotFound."""
    return await resources.get(ctx, TAX_RATE, id)


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Change its words or archive it; writes tax_rate.updated."""
    changes = {name: params[name] or None for name in _FIELDS if name in params}
    changes |= {name: params[name] for name in ("active", "metadata") if name in params}
    return await resources.change(ctx, tx, TAX_RATE, id, changes)


async def find(ctx: Context, params: Row) -> Row:
    """A page of tax rates, newest first; filters active, inclusive, created."""
    return await resources.find(ctx, TAX_RATE, params)
