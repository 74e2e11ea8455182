"""Customers: create, get, update, delete, find."""

from collections.abc import Iterable
from typing import Any

import orjson

from backend import ids, pages
from backend import search as searching
from backend.context import Context
from backend.customers import rows, shapes, sql
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.events import drafts, events
from backend.metadata import merged

_PLAIN = ("tax_exempt", "invoice_prefix", "next_invoice_sequence")
_FIELDS = ("email", "name", "phone", "description", "address", "shipping", "preferred_locales")


async def create(ctx: Context, tx: Connection, params: dict[str, Any]) -> dict[str, Any]:
    """A new customer, under an id of the merchant's choice or of ours; writes customer.created. Raises InvalidRequest
    `resource_already_exists`, also for the id of one that was deleted."""
    row = {name: params.get(name) or None for name in _FIELDS}
    row |= {"env": ctx.env, "id": params.get("id") or ids.new("cus", ctx.env),
            "metadata": merged({}, params.get("metadata")),
            "preferred_locales": params.get("preferred_locales") or [], "created_at": ctx.clock.now().isoformat(),
            "deleted_at": None}
    row |= {name: params.get(name) or None for name in _PLAIN}
    row |= {"invoice_settings": _settings({}, params.get("invoice_settings")), "balance": 0, "currency": None,
            "default_source": None}
    rows.CUSTOMER.check(row)
    if (await tx.execute(sql.CUSTOMER_INSERT, {"row": orjson.dumps(row).decode()})).rowcount == 0:
        raise InvalidRequest("Customer already exists.", code="resource_already_exists", param="id")
    shape = shapes.customer(row, livemode=ctx.livemode)
    await _tell(ctx, tx, "customer.created", shape)
    return shape


async def _tell(ctx: Context, tx: Connection, type: str, shape: dict[str, Any],
                previous: dict[str, Any] | None = None) -> None:
    """Write the event; those of a customer whose id was chosen are counted apart from all other objects'."""
    own = not shape["id"].startswith("cus_") or ids.environment(shape["id"]) != ctx.env
    await events.record(ctx, tx, type=type, obj=shape, previous=previous,
                        object_id=f"customer/{shape['id']}" if own else None)


async def get(ctx: Context, id: str) -> dict[str, Any]:
    """The customer, or its stub when deleted; raises NotFound."""
    rows = await ctx.db.rows(ctx.env, sql.CUSTOMER_GET, (ctx.env, id))
    if not rows:
        raise NotFound("customer", id, "customer")
    return shapes.customer(rows[0]["row"], livemode=ctx.livemode)


async def exists(ctx: Context, tx: Connection, id: str, param: str = "customer") -> None:
    """Lock a living customer inside `tx`; raises NotFound."""
    await _lock(ctx, tx, id, param)


async def lock(ctx: Context, tx: Connection, id: str, param: str = "customer") -> dict[str, Any]:
    """The row of a living customer, locked until `tx` ends; raises NotFound."""
    return await _lock(ctx, tx, id, param)


async def _lock(ctx: Context, tx: Connection, id: str, param: str = "customer") -> dict[str, Any]:
    row: dict[str, Any] | None = (await tx.execute(sql.CUSTOMER_LOCK, {"env": ctx.env, "id": id})).scalar()
    if row is None:
        raise NotFound("customer", id, param)
    return row


async def update(ctx: Context, tx: Connection, id: str, params: dict[str, Any]) -> dict[str, Any]:
    """Change a customer; writes customer.updated with the values that were."""
    row = await _lock(ctx, tx, id)
    change: dict[str, Any] = {name: params[name] or None for name in (*_FIELDS, *_PLAIN) if name in params}
    if "preferred_locales" in change:
        change["preferred_locales"] = change["preferred_locales"] or []
    change["metadata"] = merged(row["metadata"], params.get("metadata"))
    if "invoice_settings" in params:
        change["invoice_settings"] = _settings(row["invoice_settings"] or {}, params["invoice_settings"])
        await check_default(ctx, tx, id, change["invoice_settings"])
    if "default_source" in params:
        change["default_source"] = await _source(ctx, tx, id, params["default_source"])
    return await save(ctx, tx, row, change)


async def save(ctx: Context, tx: Connection, row: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Write what changes of a row that the caller has locked; writes customer.updated with the values that were."""
    await _write(ctx, tx, row["id"], change)
    shape = shapes.customer(row | change, livemode=ctx.livemode)
    if previous := drafts.changed(shapes.customer(row, livemode=ctx.livemode), shape):
        await _tell(ctx, tx, "customer.updated", shape, previous)
    return shape


async def _write(ctx: Context, tx: Connection, id: str, change: dict[str, Any]) -> None:
    rows.CUSTOMER_CHANGE.check(change)
    await tx.execute(sql.CUSTOMER_SAVE, {"env": ctx.env, "id": id, "change": orjson.dumps(change).decode()})


async def shown(ctx: Context, tx: Connection, id: str) -> dict[str, Any]:
    """The customer as it is inside `tx`; raises NotFound."""
    return shapes.customer(await _lock(ctx, tx, id), livemode=ctx.livemode)


async def _source(ctx: Context, tx: Connection, id: str, source: str) -> str:
    """One of the customer's sources; raises InvalidRequest for any other."""
    row = (await tx.execute(sql.METHOD_READ, {"env": ctx.env, "id": source})).scalar()
    if row is None or row["customer_id"] != id or not source.startswith("card_"):
        raise InvalidRequest(f"Customer {id} does not have a linked source with ID {source}. Payment methods are no "
                             "sources: they become the default in invoice_settings[default_payment_method].",
                             code="resource_missing", param="default_source")
    return source


def _settings(old: dict[str, Any], given: dict[str, Any] | None) -> dict[str, Any]:
    return {**old, **{name: value or None for name, value in (given or {}).items()}}


async def check_default(ctx: Context, tx: Connection, id: str, settings: dict[str, Any]) -> None:
    """Raise InvalidRequest when the default method of these settings is not one of the customer's."""
    method = settings.get("default_payment_method")
    if method is None:
        return
    row = (await tx.execute(sql.METHOD_READ, {"env": ctx.env, "id": method})).scalar()
    if row is None or row["customer_id"] != id:
        raise InvalidRequest(f"The customer does not have a payment method with the ID {method}. The payment method "
                             "must be attached to the customer.", code="resource_missing",
                             param="invoice_settings[default_payment_method]")


async def delete(ctx: Context, tx: Connection, id: str) -> dict[str, Any]:
    """Delete a customer for good; its payments stay, its methods are detached."""
    row = await _lock(ctx, tx, id)
    shape = shapes.customer(row, livemode=ctx.livemode)
    await _write(ctx, tx, id, {"deleted_at": ctx.clock.now().isoformat()})
    await _tell(ctx, tx, "customer.deleted", shape)
    return {"id": id, "object": "customer", "deleted": True}


async def many(ctx: Context, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Customers by id, in one query."""
    rows = await ctx.db.rows(ctx.env, sql.CUSTOMERS, (ctx.env, list(wanted)))
    return {row["row"]["id"]: shapes.customer(row["row"], livemode=ctx.livemode) for row in rows}


async def find(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A page of customers, newest first; filter `email`."""
    args = {"env": ctx.env, "email": params.get("email"), **pages.cursor(params)}
    rows = await pages.rows(ctx, sql.CUSTOMER_FIND, args)
    return pages.page("/v1/customers", params, [row["row"] for row in rows],
                      lambda row: shapes.customer(row, livemode=ctx.livemode))


async def search(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A page of customers that a query finds."""
    return await searching.find(ctx, sql.CUSTOMER_SEARCH, params, "/v1/customers/search",
                                lambda row: shapes.customer(row["row"], livemode=ctx.livemode))
