"""Payment links: create, get, update, find, line_items; and the places of a link that is sold a number of times.

A place is taken before any money moves and given back when the payment surely failed, so two shoppers who race for the
last one are never both charged.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from backend import ids
from backend.catalog import lines
from backend.checkout_pages import asks
from backend.context import Context
from backend.db import Connection
from backend.due import timers
from backend.due.kinds import Kind
from backend.errors import InvalidRequest, NotFound, missing
from backend.metadata import merged
from backend.payment_links import ends, shapes, sql
from backend.resources import resources
from backend.resources.resources import Resource

Row = dict[str, Any]
_KEPT = ("id", "price_id", "product_id", "name", "quantity", "adjustable_quantity", "currency", "unit_amount",
         "amount_subtotal", "amount_total", "created_at", "inline")


def _shape(ctx: Context, row: Row) -> Row:
    return shapes.link(row, livemode=ctx.livemode, pay_base=ctx.settings.pay_base)


LINK = Resource(shapes.PAYMENT_LINK, "plink", "pay.payment_link", "/v1/payment_links", "payment_link", shape=_shape,
                filters={"active": "(doc->>'active')::boolean = %(active)s"},
                private=("completed", "items", "limit", "taken"))


async def create(ctx: Context, tx: Connection, params: Row) -> Row:
    """A new link that sells `line_items`; writes payment_link.created."""
    currency = params.get("currency")
    priced = await lines.priced(ctx, tx, params["line_items"], currency)
    lines.total(priced, priced[0]["currency"], "Payment Link")
    asked = await asks.taken(ctx, tx, params, priced[0]["currency"])
    now = ctx.clock.now().isoformat()
    items = [_kept({**line, "id": ids.new("li", ctx.env), "created_at": now, "inline": "price_data" in one,
                    "adjustable_quantity": lines.adjustable(one.get("adjustable_quantity"), one["quantity"], index)})
             for index, (line, one) in enumerate(zip(priced, params["line_items"], strict=True))]
    doc = {**asked, "active": True, "after_completion": _after(params.get("after_completion")),
           "billing_address_collection": params.get("billing_address_collection") or "auto",
           "currency": priced[0]["currency"], "customer_creation": params.get("customer_creation") or "if_required",
           "expires_at": ends.moment(ctx, params.get("expires_at")),
           "inactive_message": params.get("inactive_message") or None, "items": items,
           "limit": _limit(params.get("restrictions")), "metadata": merged({}, params.get("metadata")),
           "payment_intent_data": _payment(None, params.get("payment_intent_data")),
           "payment_method_types": params.get("payment_method_types") or None,
           "submit_type": params.get("submit_type") or "auto", "taken": 0, "completed": 0}
    made = await resources.create(ctx, tx, LINK, doc)
    if doc["expires_at"]:
        await ends.watch(ctx, tx, {**doc, "id": made["id"]})
    return made


def _kept(line: Row) -> Row:
    return {name: line[name] for name in _KEPT}


def _after(given: Row | None) -> Row:
    """What a shopper meets after paying; raises InvalidRequest when the type and its hash differ."""
    if not given:
        return {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": None}}
    kind = given["type"]
    other = "redirect" if kind == "hosted_confirmation" else "hosted_confirmation"
    if other in given:
        raise InvalidRequest(f"after_completion has the type {kind}, so leave out {other}.",
                             param=f"after_completion[{other}]", code="parameter_invalid_combination")
    if kind == "redirect":
        if "redirect" not in given:
            raise missing("after_completion[redirect][url]")
        return {"type": kind, "redirect": {"url": given["redirect"]["url"]}}
    message = (given.get("hosted_confirmation") or {}).get("custom_message")
    return {"type": kind, "hosted_confirmation": {"custom_message": message or None}}


def _limit(given: Any) -> int | None:
    return int(given["completed_sessions"]["limit"]) if given else None


def _payment(old: Row | None, given: Row | None) -> Row | None:
    if given is None:
        return old
    new = {**(old or {}), **{name: value or None for name, value in given.items() if name != "metadata"}}
    new["metadata"] = merged((old or {}).get("metadata") or {}, given.get("metadata"))
    return new


async def get(ctx: Context, id: str) -> Row:
    """One link; raises NotFound."""
    return await resources.get(ctx, LINK, id)


async def row(ctx: Context, id: str) -> Row:
    """The row of one link, with its items; raises NotFound."""
    return await resources.row(ctx, LINK, id)


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Change a link for the visits to come; sessions that are open stay as they are. Writes payment_link.updated."""
    old = await resources.lock(ctx, tx, LINK, id)
    changes: Row = {name: params[name] for name in ("active", "billing_address_collection", "customer_creation",
                                                    "metadata", "submit_type") if name in params}
    changes |= {name: params[name] or None for name in ("inactive_message", "payment_method_types") if name in params}
    if "after_completion" in params:
        changes["after_completion"] = _after(params["after_completion"])
    if "payment_intent_data" in params:
        changes["payment_intent_data"] = _payment(old["payment_intent_data"], params["payment_intent_data"])
    if "restrictions" in params:
        changes["limit"] = _new_limit(old, params["restrictions"])
    if set(params) & set(asks.NAMES):
        changes |= await _asks(ctx, tx, params, old["currency"])
    if "line_items" in params:
        changes["items"] = await _items(ctx, tx, old, params["line_items"])
    if "expires_at" in params:
        changes["expires_at"] = ends.moment(ctx, params["expires_at"])
    ends.require_ahead(ctx, old, changes)
    changed = await resources.save(ctx, tx, LINK, old, changes)
    if changes.keys() & {"active", "expires_at"}:
        await ends.watch(ctx, tx, old | changes)
    return changed


async def close(ctx: Context, tx: Connection, id: str) -> datetime | None:
    """Switch a link off whose `expires_at` is past; writes payment_link.updated. Returns the moment to look again when
    it is ahead."""
    row = await resources.lock(ctx, tx, LINK, id)
    end = ends.of(row)
    if row["active"] and end and end > ctx.clock.now():
        return end
    if row["active"] and end:
        await resources.save(ctx, tx, LINK, row, {"active": False})
    await timers.cancel(ctx, tx, Kind.PAYMENT_LINK, id)
    return None


async def _asks(ctx: Context, tx: Connection, params: Row, currency: str) -> Row:
    """What the pages of later visits ask; a parameter that is given empty asks for it no more."""
    return dict.fromkeys(name for name in asks.NAMES if name in params) | await asks.taken(ctx, tx, params, currency)


def _new_limit(old: Row, given: Any) -> int | None:
    limit = _limit(given)
    if limit is not None and limit < old["taken"]:
        raise InvalidRequest(f"{old['taken']} sessions of this link were completed or are being paid, so the limit "
                             "cannot be lower.", param="restrictions[completed_sessions][limit]")
    return limit


async def _items(ctx: Context, tx: Connection, old: Row, given: list[Row]) -> list[Row]:
    """The link's items with new quantities or bounds; which prices it sells never changes."""
    items = {item["id"]: item for item in old["items"]}
    for index, one in enumerate(given):
        item = items.get(one["id"])
        if item is None:
            raise NotFound("item", one["id"], f"line_items[{index}][id]")
        quantity = one.get("quantity", item["quantity"])
        bounds = one.get("adjustable_quantity", item["adjustable_quantity"])
        [line] = await lines.priced(ctx, tx, [entry({**item, "quantity": quantity})], old["currency"])
        items[item["id"]] = {**item, **{name: line[name] for name in ("amount_subtotal", "amount_total")},
                             "quantity": quantity, "adjustable_quantity": lines.adjustable(bounds, quantity, index)}
    lines.total(items.values(), old["currency"], "Payment Link")
    return list(items.values())


async def find(ctx: Context, params: Row) -> Row:
    """A page of links, newest first; filter active."""
    return await resources.find(ctx, LINK, params)


async def line_items(ctx: Context, id: str, params: Row) -> Row:
    """A page of what the link sells; raises NotFound."""
    return await lines.page(ctx, f"/v1/payment_links/{id}/line_items", params, (await row(ctx, id))["items"])


async def line_items_of(ctx: Context, wanted: Iterable[str]) -> Row:
    """The line items of many links: shown when they are expanded."""
    return {id: await lines.page(ctx, f"/v1/payment_links/{id}/line_items", {}, found["items"])
            for id, found in (await resources.rows(ctx, LINK, wanted)).items()}


def entry(item: Row) -> Row:
    """An item of a link as an entry of `line_items`."""
    return {"price": item["price_id"], "quantity": item["quantity"], "inline": item["inline"],
            "adjustable_quantity": item["adjustable_quantity"]}


def open_to_all(ctx: Context, link: Row) -> bool:
    """Whether a visitor may still buy: switched on, not past its end, and not completed as often as it may be."""
    return bool(link["active"]) and not ends.past(ctx, link) and not sold_out(link)


def sold_out(link: Row) -> bool:
    """Whether the last place was paid for; places that are only being paid for may become free again."""
    return link["limit"] is not None and int(link["completed"]) >= int(link["limit"])


async def row_in(ctx: Context, tx: Connection, id: str) -> Row:
    """The row of one link as a transaction sees it; raises NotFound."""
    return await resources.read(ctx, tx, LINK, id, "payment_link")


async def take_place(ctx: Context, tx: Connection, id: str) -> bool:
    """Take one of the link's places, in one conditional statement; False when there is none."""
    return bool((await tx.execute(sql.TAKE, {"env": ctx.env, "id": id})).rowcount)


async def give_back(ctx: Context, tx: Connection, id: str) -> None:
    """Give back a place whose payment surely failed."""
    await tx.execute(sql.GIVE_BACK, {"env": ctx.env, "id": id})


async def complete(ctx: Context, tx: Connection, id: str) -> None:
    """Count a completed session; its place was taken before it paid."""
    await tx.execute(sql.COMPLETE, {"env": ctx.env, "id": id})
