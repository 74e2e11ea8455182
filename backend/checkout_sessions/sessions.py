"""Verbs of checkout sessions: create, update, get, find, pay, settle, expire.

A session makes its PaymentIntent once, when the shopper first submits, and never another: two tabs, a double click
and the browser's Back all end at the same intent, whose own state then allows one charge (security A4).
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
import structlog

from backend import ids, pages
from backend.accounts import environments
from backend.catalog import discounts, lines
from backend.checkout_sessions import parameters, places, shapes, sql
from backend.checkout_sessions.states import Happening, Status, after, payment_status
from backend.context import Context, Runtime
from backend.customers import customers, payment_methods
from backend.db import CommitUnknown, Connection
from backend.errors import ApiError, CardError, InvalidRequest, Locked, NotFound
from backend.events import events
from backend.metadata import merged
from backend.payment_links import links
from backend.payments import intents

log = structlog.get_logger(__name__)
Row = dict[str, Any]
_SETTLED = ("succeeded", "requires_capture")
_STARTING = ("requires_payment_method", "requires_confirmation")
_RACED = ("payment_intent_unexpected_state", "lock_timeout")


async def create(ctx: Context, tx: Connection, params: Row, *, link: str | None = None) -> Row:
    """A new open session with its prices fixed; nothing is charged and no PaymentIntent exists yet.

    `link` is the payment link that it came from. Raises InvalidRequest and NotFound, naming the parameter.
    """
    now = ctx.clock.now()
    row = parameters.row(params, now)
    if row["customer_id"]:
        await customers.exists(ctx, tx, row["customer_id"])
    items = await lines.priced(ctx, tx, params["line_items"], params.get("currency"))
    given = params.get("discounts") or []
    discount = await discounts.apply(ctx, tx, given[0], items, row["customer_id"]) if given else None
    row |= {"env": ctx.env, "id": ids.new("cs_live" if ctx.livemode else "cs_test", ctx.env),
            "status": after(Status.NONE, Happening.CREATE), "payment_status": "unpaid", "step": 0, "tries": 0,
            "currency": items[0]["currency"], "amount_total": lines.total(items, items[0]["currency"]),
            "amount_subtotal": sum(item["amount_subtotal"] for item in items),
            "amount_discount": sum(item["amount_discount"] for item in items), "discount": discount,
            "payment_link_id": link, "customer_details": None, "payment_id": None, "completed_at": None,
            "created_at": now.isoformat()}
    await tx.execute(sql.SESSION_INSERT, {"row": orjson.dumps(row).decode()})
    kept = [{**item, "env": ctx.env, "session_id": row["id"], "seq": seq, "id": ids.new("li", ctx.env),
             "created_at": row["created_at"]} for seq, item in enumerate(items)]
    await tx.execute(sql.ITEMS_INSERT, {"rows": orjson.dumps(kept).decode()})
    return _shape(ctx, row)


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Change a session's metadata, whatever its status; what it sells never changes."""
    row = await _lock(ctx, tx, id)
    row["metadata"] = merged(row["metadata"], params.get("metadata"))
    await tx.execute(sql.SESSION_METADATA, {"env": ctx.env, "id": id,
                                            "metadata": orjson.dumps(row["metadata"]).decode()})
    return _shape(ctx, row)


async def get(ctx: Context, id: str) -> Row:
    """The Checkout Session object; raises NotFound."""
    return _shape(ctx, await _row(ctx, id))


async def find(ctx: Context, params: Row) -> Row:
    """A page of sessions, newest first; filters payment_intent, payment_link, customer, status, created."""
    wanted = {name: params.get(name) for name in ("payment_intent", "payment_link", "customer", "status")}
    args = {"env": ctx.env, **wanted, **pages.cursor(params)}
    rows = await pages.rows(ctx, sql.SESSION_FIND, args)
    return pages.page("/v1/checkout/sessions", params, [row["row"] for row in rows], lambda row: _shape(ctx, row))


async def line_items(ctx: Context, id: str, params: Row | None = None) -> Row:
    """The session's line items in the order they were given; raises NotFound."""
    await _row(ctx, id)
    return await lines.page(ctx, f"/v1/checkout/sessions/{id}/line_items", params or {}, await sold(ctx, id))


async def line_items_of(ctx: Context, wanted: Iterable[str]) -> Row:
    """The line items of many sessions: shown when they are expanded."""
    rows = [one["row"] for one in await ctx.db.rows(ctx.env, sql.ITEMS_FIND, (ctx.env, list(wanted)))]
    by_session = groupby(rows, key=itemgetter("session_id"))
    return {id: await lines.page(ctx, f"/v1/checkout/sessions/{id}/line_items", {}, list(items))
            for id, items in by_session}


async def sold(ctx: Context, id: str) -> list[Row]:
    """What the page lists: name, description, quantity, unit_amount, amounts and currency of every item."""
    return [one["row"] for one in await ctx.db.rows(ctx.env, sql.ITEMS_FIND, (ctx.env, [id]))]


async def release(ctx: Context, id: str) -> str | None:
    """Make sure that the session's payment cannot succeed any more, cancelling it when there is one.

    Returns the payment's id for `expire`. Raises InvalidRequest while the payment is under way or already made.
    """
    row = await _row(ctx, id)
    after(row["status"], Happening.EXPIRE)
    payment: str | None = row["payment_id"]
    if payment is None or (await intents.get(ctx, payment))["status"] == "canceled":
        return payment
    try:
        await intents.cancel(ctx.without_key(), payment, {"cancellation_reason": "abandoned"}, by_session=True)
    except InvalidRequest as error:
        await settle(ctx, payment)
        raise InvalidRequest("This Checkout Session cannot be expired while its payment is being processed or after "
                             "it was made.", code="status_transition_invalid") from error
    return payment


async def expire(ctx: Context, tx: Connection, id: str, released: str | None) -> Row:
    """Close an open session whose payment `release` has made safe; writes checkout.session.expired."""
    row = await _lock(ctx, tx, id)
    status = after(row["status"], Happening.EXPIRE)
    if row["payment_id"] != released:  # the shopper submitted between release and this lock
        raise Locked("Checkout Session")
    row |= {"status": status}
    await places.give_back(ctx, tx, row)
    await _close(ctx, tx, row)
    shape = _shape(ctx, row)
    await events.record(ctx, tx, type="checkout.session.expired", obj=shape)
    return shape


async def expire_due(runtime: Runtime) -> int:
    """Close what is past its time, in every environment; returns how many. Safe to run any number of times."""
    count = 0
    for env in await environments.all_ids(runtime):
        rows = await runtime.db.rows(env, sql.SESSIONS_DUE, (env, runtime.clock.now()))
        if not rows:
            continue
        ctx = await environments.context(runtime, env, actor="sweeper")
        for row in rows:
            count += await _expire_one(ctx, row["id"])
    return count


async def _expire_one(ctx: Context, id: str) -> int:
    try:
        released = await release(ctx, id)
        async with ctx.transaction() as tx:
            await expire(ctx, tx, id, released)
        return 1
    except InvalidRequest as error:  # being paid right now, or settled by release; the next sweep looks again
        log.info("checkout.not_expired", session=id, reason=error.message)
        return 0


async def pay(ctx: Context, id: str, payment_method: str, buyer: Row) -> Row:
    """Pay the session with a card token; returns the PaymentIntent object.

    `buyer` holds email, name, country, postal_code, line1, line2, city, state as typed; no amount is ever read from
    it. Raises CardError for a decline, InvalidRequest `session_closed` when it can no longer be paid.
    """
    parameters.check_buyer(buyer)
    payment = await _begin(ctx, id, await _known(ctx, payment_method, buyer))
    try:
        intent = await intents.confirm(ctx, payment, {"payment_method": payment_method,
                                                      "return_url": f"{ctx.settings.pay_base}/c/{id}"},
                                       by_session=True)
    except (CardError, InvalidRequest) as error:
        if error.code != "lock_timeout":  # this try surely charged nobody
            await _failed(ctx, id)
        if error.code not in _RACED:
            raise
        intent = await intents.get(ctx, payment)  # another tab was first: its outcome is ours
        if intent["status"] == "canceled":
            raise _closed("canceled") from error
    except CommitUnknown as error:  # what was written tells what happened; it is never run again from here
        intent = await intents.get(ctx, payment)
        if intent["status"] in _STARTING:
            raise ApiError("The payment could not be started. Nothing was charged; please try again.") from error
    if intent["status"] in _SETTLED:
        await settle(ctx, payment)
    return intent


async def _failed(ctx: Context, id: str) -> None:
    async with ctx.transaction() as tx:
        row = await _lock(ctx, tx, id)
        if row["status"] == Status.OPEN:
            await places.failed(ctx, tx, row)
            await tx.execute(sql.SESSION_TRIES, {"env": ctx.env, "id": id, "tries": row["tries"]})


async def settle(ctx: Context, payment_intent: str) -> None:
    """Bring the session of a payment up to date with it; does nothing for a payment without a session.

    Idempotent: called after a payment, by the page while it waits, and by the outbox, so that a crash between the
    payment and this transaction heals.
    """
    found = await ctx.db.rows(ctx.env, sql.SESSION_OF_PAYMENT, (ctx.env, payment_intent))
    if not found:
        return
    intent = await intents.get(ctx, payment_intent)
    if intent["status"] not in _SETTLED:
        return
    async with ctx.transaction() as tx:
        await _settle(ctx, tx, await _lock(ctx, tx, found[0]["id"]), intent["status"])


async def _settle(ctx: Context, tx: Connection, row: Row, intent_status: str) -> None:
    paid = payment_status(intent_status)
    if row["status"] == Status.COMPLETE:
        if paid == "paid" and row["payment_status"] != "paid":  # captured later
            row |= {"payment_status": paid}
            await _close(ctx, tx, row)
        return
    if row["status"] == Status.EXPIRED:  # release() forbids it; if it ever happens money came in and people must look
        log.error("checkout.paid_after_expiry", session=row["id"], payment=row["payment_id"])
        return
    row |= {"status": after(row["status"], Happening.COMPLETE), "payment_status": paid,
            "completed_at": ctx.clock.now().isoformat()}
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


async def _begin(ctx: Context, id: str, buyer: Row) -> str:
    """Lock the session, make its PaymentIntent when it has none, note the buyer; returns the payment's id."""
    async with ctx.transaction() as tx:
        row = await _lock(ctx, tx, id)
        if row["status"] == Status.COMPLETE:
            return str(row["payment_id"])
        if row["status"] == Status.EXPIRED or _past(ctx, row):
            raise _closed(Status.EXPIRED)
        details = shapes.details({"email": row["customer_email"], **{k: v for k, v in buyer.items() if v}})
        await places.take(ctx, tx, row)
        if row["customer_creation"] == "always" and row["customer_id"] is None:
            buyer = {name: details[name] for name in ("email", "name")}
            row["customer_id"] = (await customers.create(ctx, tx, buyer))["id"]
        if row["payment_id"] is None:
            row["payment_id"] = (await intents.prepare(ctx, tx, _purchase(row, details)))["id"]
        await tx.execute(sql.SESSION_BEGIN, {
            "env": ctx.env, "id": id, "details": orjson.dumps(details).decode(),
            **{name: row[name] for name in ("payment_id", "customer_id", "tries")}})
        return str(row["payment_id"])


def _purchase(row: Row, details: Row) -> Row:
    """The intent's parameters, all from the server's own row; `details` only gives the receipt's address."""
    data = dict(row["payment_intent_data"])
    return {**data, "amount": row["amount_total"], "currency": row["currency"], "customer": row["customer_id"],
            "checkout_session_id": row["id"], "metadata": data.get("metadata") or {},
            "receipt_email": data.get("receipt_email") or details["email"]}


def _past(ctx: Context, row: Row) -> bool:
    return datetime.fromisoformat(row["expires_at"]) <= ctx.clock.now()


def _closed(why: str) -> InvalidRequest:
    return InvalidRequest(f"This Checkout Session can no longer be paid: it is {why}.", code="session_closed")


async def _row(ctx: Context, id: str) -> Row:
    rows = await ctx.db.rows(ctx.env, sql.SESSION_GET, (ctx.env, id))
    if not rows:
        raise NotFound("checkout.session", id, "session")
    row: Row = rows[0]["row"]
    return row


async def _lock(ctx: Context, tx: Connection, id: str) -> Row:
    row: Row | None = (await tx.execute(sql.SESSION_LOCK, {"env": ctx.env, "id": id})).scalar()
    if row is None:
        raise NotFound("checkout.session", id, "session")
    return row


async def _close(ctx: Context, tx: Connection, row: Row) -> None:
    moment = row["completed_at"]
    await tx.execute(sql.SESSION_CLOSE, {
        "env": ctx.env, "id": row["id"], "status": row["status"], "payment_status": row["payment_status"],
        "completed_at": moment and datetime.fromisoformat(moment)})


def _shape(ctx: Context, row: Row) -> Row:
    return shapes.session(row, livemode=ctx.livemode, pay_base=ctx.settings.pay_base)
