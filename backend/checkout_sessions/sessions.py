"""Verbs of checkout sessions: create, update, get, find, pay, settle, expire.

A session makes its PaymentIntent (in setup mode its SetupIntent) once, when the shopper first submits, and never
another: two tabs, a double click and the browser's Back all end at the same intent, whose own state then allows one
charge (security A4).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
import structlog

from backend import ids, pages
from backend.catalog import discounts, lines
from backend.checkout_pages import answers, asks
from backend.checkout_sessions import intent, leaving, parameters, places, rows, shapes, sql, tried
from backend.checkout_sessions.states import Happening, Status, after, payment_status
from backend.context import Context
from backend.customers import customers, payment_methods
from backend.db import CommitUnknown, Connection
from backend.due import timers
from backend.due.kinds import Kind
from backend.errors import OF_STATE, ApiError, CardError, InvalidRequest, Locked, Transient
from backend.events import events
from backend.metadata import merged
from backend.payment_links import links
from backend.risk import brakes

log = structlog.get_logger(__name__)
Row = dict[str, Any]
_OF_ORDER = ("amount_total", "amount_subtotal", "amount_discount", "discount", "amount_shipping", "shipping_rate_id")
_SETTLED = ("succeeded", "requires_capture")
_STARTING = ("requires_payment_method", "requires_confirmation")
_RACED = OF_STATE | {"lock_timeout"}


async def create(ctx: Context, tx: Connection, params: Row, *, link: str | None = None) -> Row:
    """A new open session with its prices fixed; nothing is charged and no intent exists yet.

    `link` is the payment link that it came from. Raises InvalidRequest and NotFound, naming the parameter.
    """
    now = ctx.clock.now()
    row = parameters.row(params, now) | {
        "env": ctx.env, "id": ids.new("cs_live" if ctx.livemode else "cs_test", ctx.env),
        "status": after(Status.NONE, Happening.CREATE), "payment_status": "unpaid", "step": 0, "tries": 0,
        "tried": None, "collected": None, "own_customer": False, "lines": None,
        "wrong_codes": 0, "payment_link_id": link, "customer_details": None, "payment_id": None,
        "setup_intent_id": None, "completed_at": None, "created_at": now.isoformat()}
    if row["customer_id"]:
        await customers.exists(ctx, tx, row["customer_id"])
    items = await _order(ctx, tx, row, params) if row["mode"] == "payment" else []
    if row["mode"] == "setup":
        row |= {**dict.fromkeys(_OF_ORDER), "currency": params.get("currency"),
                "asks": await asks.taken(ctx, tx, params, "") or None}
    rows.SESSION.check(row)
    await tx.execute(sql.SESSION_INSERT, {"row": orjson.dumps(row).decode()})
    await timers.put(ctx, tx, Kind.SESSION, row["id"], datetime.fromisoformat(row["expires_at"]))
    kept = [{**item, "env": ctx.env, "session_id": row["id"], "seq": seq, "id": ids.new("li", ctx.env),
             "created_at": row["created_at"]} for seq, item in enumerate(items)]
    for item in kept:
        rows.ITEM.check(item)
    await tx.execute(sql.ITEMS_INSERT, {"rows": orjson.dumps(kept).decode()})
    return _shape(ctx, row)


async def _order(ctx: Context, tx: Connection, row: Row, params: Row) -> list[Row]:
    """What is sold, with its discount and shipping; adds the sums to `row`."""
    given = params.get("line_items") or []
    items = await lines.priced(ctx, tx, given, params.get("currency"))
    for index, (item, one) in enumerate(zip(items, given, strict=True)):
        item |= {"adjustable_quantity": lines.adjustable(one.get("adjustable_quantity"), one["quantity"], index),
                 "metadata": merged({}, one.get("metadata"))}
    currency = items[0]["currency"]
    asked = await asks.taken(ctx, tx, params, currency)
    if any(item["adjustable_quantity"] for item in items):
        asked["adjustable_quantity"] = True
    if params.get("email_locked"):
        asked["email_locked"] = True
    off = params.get("discounts") or []
    discount = await discounts.apply(ctx, tx, off[0], items, row["customer_id"]) if off else None
    way = (asked.get("shipping_options") or [None])[0]  # chosen until the shopper takes another
    shipping = way and way["shipping_amount"]
    row |= {"currency": currency, "asks": asked or None, "discount": discount, "amount_shipping": shipping,
            "amount_total": lines.total(items, currency, shipping=shipping or 0),
            "shipping_rate_id": way and way["shipping_rate"],
            "amount_subtotal": sum(item["amount_subtotal"] for item in items),
            "amount_discount": sum(item["amount_discount"] for item in items)}
    return items


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Change a session's metadata, whatever its status; what it sells only its shopper changes (order.py)."""
    row = await rows.lock(ctx, tx, id)
    row["metadata"] = merged(row["metadata"], params.get("metadata"))
    await tx.execute(sql.SESSION_METADATA, {"env": ctx.env, "id": id,
                                            "metadata": orjson.dumps(row["metadata"]).decode()})
    return _shape(ctx, row)


async def get(ctx: Context, id: str) -> Row:
    """The Checkout Session object; raises NotFound."""
    return _shape(ctx, await rows.read(ctx, id))


async def find(ctx: Context, params: Row) -> Row:
    """A page of sessions, newest first; filters payment_intent, payment_link, customer, status, created."""
    wanted = {name: params.get(name) for name in ("payment_intent", "payment_link", "customer", "status")}
    args = {"env": ctx.env, **wanted, **pages.cursor(params)}
    found = await pages.rows(ctx, sql.SESSION_FIND, args)
    return pages.page("/v1/checkout/sessions", params, [one["row"] for one in found], lambda row: _shape(ctx, row))


async def line_items(ctx: Context, id: str, params: Row | None = None) -> Row:
    """The session's line items in the order they were given; raises NotFound."""
    await rows.read(ctx, id)
    return await lines.page(ctx, f"/v1/checkout/sessions/{id}/line_items", params or {}, await sold(ctx, id))


async def line_items_of(ctx: Context, wanted: Iterable[str]) -> Row:
    """The line items of many sessions: shown when they are expanded."""
    found = [one["row"] for one in await ctx.db.rows(ctx.env, sql.ITEMS_FIND, (ctx.env, list(wanted)))]
    by_session = groupby(found, key=itemgetter("session_id"))
    return {id: await lines.page(ctx, f"/v1/checkout/sessions/{id}/line_items", {}, list(items))
            for id, items in by_session}


async def sold(ctx: Context, id: str) -> list[Row]:
    """What the page lists: name, description, quantity, unit_amount, amounts and currency of every item."""
    return [one["row"] for one in await ctx.db.rows(ctx.env, sql.ITEMS_FIND, (ctx.env, [id]))]


async def intent_of(ctx: Context, id: str) -> Row:
    """The PaymentIntent or SetupIntent of a session, by its id."""
    return await intent.get(ctx, id)


async def of_intent(ctx: Context, id: str) -> Row | None:
    """The session that an intent belongs to; None for one that belongs to none."""
    session = await intent.session_of(ctx, id)
    return await get(ctx, session) if session else None


async def keeps_card(ctx: Context, id: str) -> bool:
    """Whether the card that pays is kept for later payments."""
    return bool((await rows.read(ctx, id))["payment_intent_data"].get("setup_future_usage"))


async def email_locked(ctx: Context, id: str) -> bool:
    """Whether the address of the visit fixed the shopper's email address."""
    return bool(((await rows.read(ctx, id))["asks"] or {}).get("email_locked"))


async def buyer(ctx: Context, id: str) -> str | None:
    """The customer whom the merchant named, whose details and cards the page may offer; never one that a try made."""
    return rows.buyer(await rows.read(ctx, id))


async def release(ctx: Context, id: str) -> str | None:
    """Make sure that the session's intent cannot succeed any more, cancelling it when there is one.

    Returns the intent's id for `expire`. Raises InvalidRequest while the payment is under way or already made.
    """
    row = await rows.read(ctx, id)
    after(row["status"], Happening.EXPIRE)
    id_of = intent.id_of(row)
    if id_of is None or (await intent.get(ctx, id_of))["status"] == "canceled":
        return id_of
    try:
        await intent.cancel(ctx, id_of)
    except (InvalidRequest, Transient) as error:
        await settle(ctx, id_of)
        raise InvalidRequest("This Checkout Session cannot be expired while its payment is being processed or after "
                             "it was made.", code="status_transition_invalid") from error
    return id_of


async def expire(ctx: Context, tx: Connection, id: str, released: str | None) -> Row:
    """Close an open session whose payment `release` has made safe; writes checkout.session.expired."""
    row = await rows.lock(ctx, tx, id)
    status = after(row["status"], Happening.EXPIRE)
    if intent.id_of(row) != released:  # the shopper submitted between release and this lock
        raise Locked("Checkout Session")
    row |= {"status": status}
    await places.give_back(ctx, tx, row)
    await _close(ctx, tx, row)
    shape = _shape(ctx, row)
    await events.record(ctx, tx, type="checkout.session.expired", obj=shape)
    return shape


async def pay(ctx: Context, id: str, payment_method: str, buyer: Row) -> Row:
    """Pay the session with a card token, or keep the card; returns the PaymentIntent or SetupIntent.

    `buyer` holds what was typed, by the names of answers.names(); no amount is ever read from it, but `seen`, the
    total that the page showed, must be what is due. Raises CardError for a decline, InvalidRequest `session_closed`
    when it can no longer be paid, and one that names the field for an answer that is missing or wrong.
    """
    started, shipping, link = await _begin(ctx, id, payment_method, await _known(ctx, payment_method, buyer))
    ctx = replace(ctx, client=replace(ctx.client, link=link))
    ours = True
    try:
        shown = await intent.confirm(ctx, started, {
            "payment_method": payment_method, "return_url": f"{ctx.settings.pay_base}/c/{id}",
            **({"shipping": shipping} if shipping else {})})
    except (CardError, InvalidRequest, Transient) as error:
        ours = isinstance(error, Locked) and error.sent
        if not ours:  # this try surely charged nobody
            await _failed(ctx, id, payment_method)
        if brakes.closes(error):
            await _close_for_good(ctx, id)
            raise rows.closed("closed, for too many cards were declined") from error
        if error.code not in _RACED:
            raise
        shown = await intent.get(ctx, started)  # another tab was first: its outcome is ours
        if shown["status"] == "canceled":
            raise rows.closed("canceled") from error
    except CommitUnknown as error:  # what was written tells what happened; it is never run again from here
        shown = await intent.get(ctx, started)
        if shown["status"] in _STARTING:
            raise ApiError("The payment could not be started. Nothing was charged; please try again.") from error
    if shown["status"] in _SETTLED:
        await settle(ctx, started)
    elif ours:
        await _rests(ctx, id, payment_method)
    return shown


async def _close_for_good(ctx: Context, id: str) -> None:
    """No card may be tried in this session any more; what it held is free."""
    released = await release(ctx, id)
    async with ctx.transaction() as tx:
        await expire(ctx, tx, id, released)


async def _failed(ctx: Context, id: str, payment_method: str) -> None:
    async with ctx.transaction() as tx:
        row = await rows.lock(ctx, tx, id)
        if row["status"] == Status.OPEN:
            await places.failed(ctx, tx, row)
            tried.forget(row, payment_method)
            await _bury(ctx, tx, row)
            await _save_tries(ctx, tx, row)


async def _rests(ctx: Context, id: str, payment_method: str) -> None:
    async with ctx.transaction() as tx:
        row = await rows.lock(ctx, tx, id)
        tried.rests(row, payment_method)
        await _save_tries(ctx, tx, row)
        await leaving.watch(ctx, tx, row)


async def _bury(ctx: Context, tx: Connection, row: Row) -> None:
    """Give back what tries held that waited and have failed meanwhile.

    The intent is read under the session's lock: when it waits for a card now, whatever rested before the lock was taken
    has failed. A try that rests later is not marked yet, and stays counted.
    """
    if tried.waiting(row) and (await intent.get(ctx, str(intent.id_of(row))))["status"] in _STARTING:
        await places.failed(ctx, tx, row, tried.bury(row))


async def _save_tries(ctx: Context, tx: Connection, row: Row) -> None:
    await tx.execute(sql.SESSION_TRIES, {"env": ctx.env, "id": row["id"], "tries": row["tries"],
                                         "tried": orjson.dumps(row["tried"]).decode()})


async def settle(ctx: Context, id: str) -> None:
    """Bring the session of an intent up to date with it: complete, or free of tries that failed while they waited. Does
    nothing for an intent without a session.

    Idempotent: called after a payment, by the page while it waits, and by the outbox, so that a crash between the
    payment and this transaction heals.
    """
    session = await intent.session_of(ctx, id)
    if session is None:
        return
    shown = await intent.get(ctx, id)
    if shown["status"] in _STARTING and tried.waiting(await rows.read(ctx, session)):
        async with ctx.transaction() as tx:
            row = await rows.lock(ctx, tx, session)
            if row["status"] == Status.OPEN:
                await _bury(ctx, tx, row)
                await _save_tries(ctx, tx, row)
    if shown["status"] not in _SETTLED:
        return
    async with ctx.transaction() as tx:
        await _settle(ctx, tx, await rows.lock(ctx, tx, session), shown)


async def _settle(ctx: Context, tx: Connection, row: Row, shown: Row) -> None:
    paid = payment_status(row["mode"], shown["status"])
    if row["status"] == Status.COMPLETE:
        if paid == "paid" and row["payment_status"] != "paid":  # captured later
            row |= {"payment_status": paid}
            await _close(ctx, tx, row)
        return
    if row["status"] == Status.EXPIRED:  # release() forbids it; if it ever happens money came in and people must look
        log.error("checkout.paid_after_expiry", session=row["id"], intent=intent.id_of(row))
        return
    row |= {"status": after(row["status"], Happening.COMPLETE), "payment_status": paid,
            "completed_at": ctx.clock.now().isoformat(), **tried.won(row, shown["payment_method"])}
    await _close(ctx, tx, row)
    if row["payment_link_id"]:
        await links.complete(ctx, tx, row["payment_link_id"])
    await events.record(ctx, tx, type="checkout.session.completed", obj=_shape(ctx, row))


async def _known(ctx: Context, payment_method: str, buyer: Row) -> Row:
    """The buyer's words; without JavaScript only the vault heard them, and the payment method carries them."""
    if buyer.get("email"):
        return buyer
    billing = (await payment_methods.get(ctx, payment_method))["billing_details"]
    address = billing.get("address") or {}
    heard = {**address, "email": billing.get("email"), "name": billing.get("name")}
    return {**heard, **{name: value for name, value in buyer.items() if value}}


async def _begin(ctx: Context, id: str, payment_method: str, buyer: Row) -> tuple[str, Row | None, str | None]:
    """Lock the session, make its intent when it has none, note the buyer; the intent's id, the shipping, the link."""
    async with ctx.transaction() as tx:
        row = await rows.lock(ctx, tx, id)
        if row["status"] == Status.COMPLETE:
            return str(intent.id_of(row)), None, row["payment_link_id"]
        rows.require_payable(ctx, row)
        _require_seen(row, buyer.get("seen"))
        asked = row["asks"] or {}
        answers.check_names(asked, buyer)
        said = {name: buyer.get(name) for name in answers.names(asked)}
        answers.check_texts(said)
        if row["billing_address_collection"] == "required":
            answers.require_billing(said)
        collected = answers.collected(asked, said)
        fixed = {"email"} if asked.get("email_locked") else set()
        typed = {name: value for name, value in answers.billed(said).items() if value and name not in fixed}
        details = shapes.details({"email": row["customer_email"], **typed, "phone": collected["phone"]})
        tried.note(row, payment_method, {"customer_details": details, "collected": collected if asked else None})
        await places.take(ctx, tx, row)
        if row["customer_id"] is None and _keeps_customer(row):
            kept = {name: details[name] for name in ("email", "name", "phone") if details[name]}
            row |= {"customer_id": (await customers.create(ctx, tx, kept))["id"], "own_customer": True}
        if intent.id_of(row) is None:
            await intent.prepare(ctx, tx, row, details, _shipping(collected))
        await tx.execute(sql.SESSION_BEGIN, {
            "env": ctx.env, "id": id, "details": orjson.dumps(details).decode(),
            "tried": orjson.dumps(row["tried"]).decode(),
            **{name: row[name] for name in ("payment_id", "setup_intent_id", "customer_id", "own_customer", "tries")}})
        return str(intent.id_of(row)), _shipping(collected), row["payment_link_id"]


def _shipping(collected: Row) -> Row | None:
    """Where the goods go, as a PaymentIntent has it."""
    details, phone = collected["shipping_details"], collected["phone"]
    return details and {**details, **({"phone": phone} if phone else {})}


def _require_seen(row: Row, seen: Any) -> None:
    """Refuse to charge another total than the one that the shopper's page showed (a second tab may have changed it)."""
    if seen and str(seen) != str(row["amount_total"]):
        raise InvalidRequest("The total of this order has changed. Nothing was charged; look at the new total and pay "
                             "again.", code="order_changed", param="seen")


def _keeps_customer(row: Row) -> bool:
    """A card that shall be used again needs somebody whose it is."""
    return bool(row["customer_creation"] == "always" or row["payment_intent_data"].get("setup_future_usage"))


async def _close(ctx: Context, tx: Connection, row: Row) -> None:
    moment = row["completed_at"]
    await tx.execute(sql.SESSION_CLOSE, {
        "env": ctx.env, "id": row["id"], "status": row["status"], "payment_status": row["payment_status"],
        "completed_at": moment and datetime.fromisoformat(moment),
        **{column: orjson.dumps(row[name]).decode() if row[name] else None
           for column, name in (("collected", "collected"), ("details", "customer_details"))}})
    await timers.cancel(ctx, tx, Kind.SESSION, row["id"])


def _shape(ctx: Context, row: Row) -> Row:
    return shapes.session(row, livemode=ctx.livemode, pay_base=ctx.settings.pay_base)
