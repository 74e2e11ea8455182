"""Tax ids of customers and of the account: create, get, delete, find. Their form is checked; no tax office is asked."""

from collections.abc import Iterable
from typing import Any

from backend.context import Context
from backend.customers import customers, shapes, sql, tax_id_types
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.resources import resources
from backend.resources.resources import Resource

Row = dict[str, Any]
TAX_ID = Resource(shapes.TAX_ID, "txi", "pay.tax_id", "/v1/tax_ids", "customer.tax_id", filters={
    "customer": "r.customer_id = %(customer)s", "own": "(r.customer_id IS NULL) = %(own)s"})
OWN = resources.silent(TAX_ID)
"""The account's own: no customer changed, so there is no event."""


async def create(ctx: Context, tx: Connection, customer: str | None, params: Row, prefix: str = "") -> Row:
    """A new tax id of a customer, or of the account when there is none; a customer's writes customer.tax_id.created.

    Raises InvalidRequest `tax_id_invalid`.
    """
    if customer is not None:
        await customers.exists(ctx, tx, customer)
    try:
        value, status = tax_id_types.check(params["type"], params["value"])
    except tax_id_types.Malformed:
        param = f"{prefix}[value]" if prefix else "value"
        raise InvalidRequest(f"Invalid value for {params['type']}: it does not have the form of such a number. Check "
                             "it, or choose another type.", code="tax_id_invalid", param=param) from None
    kind = OWN if customer is None else TAX_ID
    return await resources.create(ctx, tx, kind, {
        "type": params["type"], "value": value, "country": tax_id_types.country(params["type"], value),
        "customer": customer,
        "owner": {"type": "self"} if customer is None else {"type": "customer", "customer": customer},
        "verification": {"status": status}})


async def get(ctx: Context, customer: str | None, id: str) -> Row:
    """One tax id, of that customer when one is named; raises NotFound."""
    row = await resources.row(ctx, TAX_ID, id)
    if customer is not None and row["customer"] != customer:
        raise NotFound("tax_id", id)
    return TAX_ID.shown(ctx, row)


async def delete(ctx: Context, tx: Connection, customer: str | None, id: str) -> Row:
    """Delete one for good; writes customer.tax_id.deleted."""
    owner = (await resources.read(ctx, tx, TAX_ID, id))["customer"]
    if owner != customer and customer is not None:
        raise NotFound("tax_id", id)
    return await resources.delete(ctx, tx, OWN if owner is None else TAX_ID, id)


async def find(ctx: Context, customer: str | None, params: Row, *, url: str | None = None) -> Row:
    """A page of tax ids, newest first: a customer's, or the account's own."""
    if customer is not None:
        await customers.get(ctx, customer)
    asked = {**params, "customer": customer, "own": None if customer else True}
    return await resources.find(ctx, TAX_ID, asked, url=url)


async def of_customers(ctx: Context, wanted: Iterable[str]) -> dict[str, Row]:
    """The newest ten tax ids of each customer as a list object, in one query."""
    found: dict[str, list[Row]] = {id: [] for id in wanted}
    for row in await ctx.db.rows(ctx.env, sql.TAX_IDS_OF, (ctx.env, list(found))):
        found[row["row"]["customer"]].append(TAX_ID.shown(ctx, row["row"]))
    return {id: {"object": "list", "url": f"/v1/customers/{id}/tax_ids", "has_more": len(ids) > 10, "data": ids[:10]}
            for id, ids in found.items()}
