"""Verbs of checkout sessions: create, get, find, pay, settle, expire.

A session makes its PaymentIntent once, when the shopper first submits, and never another: two tabs, a double click
and the browser's Back all end at the same intent, whose own state then allows one charge (security A4).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
import structlog

from backend import ids, pages
from backend.accounts import environments
from backend.checkout_sessions import parameters, shapes, sql
from backend.checkout_sessions.states import Happening, Status, after, payment_status
from backend.context import Context, Runtime
from backend.customers import customers, payment_methods
from backend.db import CommitUnknown, Connection
from backend.errors import ApiError, InvalidRequest, Locked, NotFound
from backend.events import events
from backend.payments import intents

log = structlog.get_logger(__name__)
Row = dict[str, Any]
_SETTLED = ("succeeded", "requires_capture")
_STARTING = ("requires_payment_method", "requires_confirmation")
_RACED = ("payment_intent_unexpected_state", "lock_timeout")


async def create(ctx: Context, tx: Connection, params: Row) -> Row:
    """A new open session with its prices fixed; nothing is charged and no PaymentIntent exists yet."""
    now = ctx.clock.now()
    row, items = parameters.rows(params, now)
    if row["customer_id"]:
        await customers.exists(ctx, tx, row["customer_id"])
    row |= {"env": ctx.env, "id": ids.new("cs_live" if ctx.livemode else "cs_test", ctx.env),
            "status": after(Status.NONE, Happening.CREATE), "payment_status": "unpaid", "step": 0,
            "customer_details": None, "payment_id": None, "completed_at": None, "created_at": now.isoformat()}
    await tx.execute(sql.SESSION_INSERT, {"row": orjson.dumps(row).decode()})
    lines = [{**item, "env": ctx.env, "session_id": row["id"], "seq": seq, "id": ids.new("li", ctx.env),
              "price_id": ids.new("price", ctx.env), "product_id": ids.new("prod", ctx.env),
              "created_at": row["created_at"]} for seq, item in enumerate(items)]
    await tx.execute(sql.ITEMS_INSERT, {"rows": orjson.dumps(lines).decode()})
    return _shape(ctx, row)


async def get(ctx: Context, id: str) -> Row:
    """The Checkout Session object; raises NotFound."""
    return _shape(ctx, await _row(ctx, id))


async def find(ctx: Context, params: Row) -> Row:
    """A page of sessions, newest first; filters payment_intent, customer, status."""
    wanted = {name: params.get(name) for name in ("payment_intent", "customer", "status")}
    args = {"env": ctx.env, **wanted, **pages.cursor(params)}
    rows = await pages.rows(ctx, sql.SESSION_FIND, args)
    return pages.page("/v1/checkout/sessions", params, [row["row"] for row in rows], lambda row: _shape(ctx, row))


async def line_items(ctx: Context, id: str, params: Row | None = None) -> Row:
    """The session's line items in the order they were given; raises NotFound."""
    await _row(ctx, id)
    params = params or {}
    rows = await _items(ctx, id, params.get("starting_after"), (params.get("limit") or 10) + 1)
    return _items_page(ctx, id, params, rows)


async def items_of(ctx: Context, wanted: Iterable[str]) -> dict[str, Row]:
    """The first ten line items of each session, as the lists that `expand[]=line_items` shows; one query."""
    found: dict[str, list[Row]] = {id: [] for id in wanted}
    args = {"env": ctx.env, "sessions": list(found), "limit": 11}
    for row in await ctx.db.rows(ctx.env, sql.ITEMS_OF, args):
        found[row["id"]].append(row["row"])
    return {id: _items_page(ctx, id, {}, rows) for id, rows in found.items()}


async def sold(ctx: Context, id: str) -> list[Row]:
    """What the page lists: name, description, quantity, unit_amount, amount_total, currency of every item."""
    return await _items(ctx, id, None, 100)


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
    except InvalidRequest as error:
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
        payment = row["payment_id"]
        if payment is None:
            intent = await intents.prepare(ctx, tx, _purchase(row, details))
            payment = intent["id"]
        await tx.execute(sql.SESSION_BEGIN, {"env": ctx.env, "id": id, "payment_id": payment,
                                                   "details": orjson.dumps(details).decode()})
        return str(payment)


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


async def _items(ctx: Context, id: str, after_id: str | None, limit: int) -> list[Row]:
    args = {"env": ctx.env, "session": id, "after": after_id, "limit": limit}
    return [row["row"] for row in await ctx.db.rows(ctx.env, sql.ITEMS_FIND, args)]


def _items_page(ctx: Context, id: str, params: Row, rows: list[Row]) -> Row:
    return pages.page(f"/v1/checkout/sessions/{id}/line_items", {"limit": params.get("limit")}, rows,
                      lambda row: shapes.line_item(row, livemode=ctx.livemode))


def _shape(ctx: Context, row: Row) -> Row:
    return shapes.session(row, livemode=ctx.livemode, pay_base=ctx.settings.pay_base)
