"""Payment methods: the public facts of a card whose number lies in the vault.

The vault makes the method and its id; the row here is written when the id is first used, so the vault needs no access
to our tables and the browser talks to the vault alone.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from backend import ids, pages
from backend.context import Context
from backend.customers import bank_numbers, customers, rows, shapes, sql, token_shapes, tokens, vault, verifications
from backend.db import Connection
from backend.errors import CardError, InvalidRequest, NotFound
from backend.events import drafts, events
from backend.metadata import merged

Row = dict[str, Any]
_KEPT = ("pm_", "card_")


async def load(ctx: Context, id: str, param: str = "payment_method") -> Row:
    """The row of a payment method: ours, or fetched from the vault on first use; raises NotFound.

    In test mode an alias such as `pm_card_visa` makes a fresh method with that test card.
    """
    rows = await ctx.db.rows(ctx.env, sql.METHOD_GET, (ctx.env, id))
    if rows:
        row: Row = rows[0]["row"]
        return row
    return await adopt(ctx, id, param)


async def adopt(ctx: Context, id: str, param: str = "payment_method", said: Row | None = None,
                prefix: str = "pm") -> Row:
    """Ask the vault about an id we have not seen and keep what it says; raises NotFound.

    `said` are the billing details and the like that came with it and win over what the vault heard; with `prefix` the
    id of what a token becomes begins: `card` for one that is kept in the older way (sources.py).
    """
    facts = await _ask(ctx, id, param, prefix)
    if not facts.get("found"):
        raise NotFound("token" if id.startswith(("tok_", "btok_")) else "PaymentMethod", id, param)
    return await _keep(ctx, facts, said or {})


async def _keep(ctx: Context, facts: Row, said: Row) -> Row:
    """The row of what the vault has."""
    facts = facts | {name: value for name, value in said.items() if value}
    row = {"env": ctx.env, "id": facts["token"], "customer_id": None, "type": facts.get("type", "card"),
           "card": facts.get("card"), "bank": facts.get("bank"),
           "billing_details": facts.get("billing_details") or {}, "metadata": facts.get("metadata") or {},
           "allow_redisplay": facts.get("allow_redisplay") or "unspecified",
           "created_at": ctx.clock.now().isoformat(), "detached_at": None, "set_up": None, "used_at": None}
    rows.METHOD.check(row)
    await ctx.db.execute(ctx.env, sql.METHOD_INSERT, (orjson.dumps(row).decode(),))
    return row


async def _ask(ctx: Context, id: str, param: str, prefix: str) -> dict[str, Any]:
    """What the vault knows of `id` or of the alias; an id of another environment is not even asked about."""
    if tokens.ours(ctx, id):
        return await tokens.spend(ctx, id, param, prefix)
    if id.startswith(("pm_card_", "tok_", "btok_", "pm_usBankAccount_", "pm_sepaDebit_")):
        return {"found": False} if ctx.livemode else await vault.ask(ctx, "alias", account=ctx.account, name=id,
                                                                     prefix=prefix)
    if not id.startswith("pm_") or ids.environment(id) != ctx.env:
        return {"found": False}
    return {**await vault.ask(ctx, "describe", token=id), "token": id}


async def default_of(ctx: Context, customer: str) -> str:
    """The id of the method that a customer pays with when the request names none; raises InvalidRequest."""
    found = await customers.get(ctx, customer)
    chosen = found.get("default_source") or (found.get("invoice_settings") or {}).get("default_payment_method")
    methods = [] if chosen else (await find(ctx, customer, {"limit": 1}))["data"]
    if not chosen and not methods:
        raise InvalidRequest(f"Cannot charge a customer that has no payment method: attach one to {customer}, or pass "
                             "source.", code="missing", param="customer")
    return str(chosen or methods[0]["id"])


async def from_data(ctx: Context, data: Row, prefix: str) -> Row:
    """The row of a new method from `payment_method_data`: its card came as a token, a bank account as its number.

    Raises InvalidRequest for card numbers (only the vault may see them) and for a token that was used, NotFound.
    """
    bank_numbers.only_its_own(data, prefix)
    said = {name: data.get(name) for name in ("metadata", "allow_redisplay")}
    if data.get("billing_details"):
        said["billing_details"] = shapes.billing(data["billing_details"])
    if data["type"] != "card":
        return await _keep(ctx, await bank_numbers.keep(ctx, data, prefix), said)
    card = data["card"]
    place = f"{prefix}[card]" if prefix else "card"
    if set(card) != {"token"}:
        raise vault.wrong_door(ctx, f"{place}[number]" if "number" in card else place)
    return await adopt(ctx, card["token"], f"{place}[token]", said)


def check_owner(method: Row, customer: str | None) -> None:
    """Raise InvalidRequest unless a payment of this customer (or of nobody known) may use the method."""
    if method["customer_id"] and method["customer_id"] != customer:
        raise InvalidRequest(
            "The PaymentMethod you provided belongs to a Customer; pass that same Customer on the PaymentIntent to "
            "use it.", param="payment_method")
    check_fresh(method)


def check_fresh(method: Row) -> None:
    """Raise InvalidRequest for a method that is spent: it paid without a customer, or was detached from one."""
    if method["detached_at"]:
        raise InvalidRequest("This PaymentMethod was detached from its Customer and may not be used again. Collect the "
                             "customer's payment details anew.", code="payment_method_unexpected_state",
                             param="payment_method")
    if method.get("used_at") and not method["customer_id"]:
        raise InvalidRequest("This PaymentMethod was already used for a payment without being attached to a Customer, "
                             "so it may not be used again. To use one many times, attach it to a Customer before its "
                             "first payment, or pay with setup_future_usage.", code="payment_method_unexpected_state",
                             param="payment_method")


async def read(ctx: Context, tx: Connection, id: str) -> Row:
    """The row of a method that we have, inside `tx`; raises NotFound."""
    return await _peek(ctx, tx, id)


async def keepable(ctx: Context, id: str) -> str:
    """The id of a method that may be attached: its issuer was asked, unless it is kept (or was given up) already."""
    row = await load(ctx, id)
    if row["type"] == "card" and not row["customer_id"]:
        check_fresh(row)
        await verifications.verify(ctx, row)
    return str(row["id"])


async def get(ctx: Context, id: str) -> dict[str, Any]:
    """The PaymentMethod object; raises NotFound. To look at a token must not spend it, so its id is none here."""
    if not id.startswith(_KEPT):
        raise NotFound("PaymentMethod", id, "payment_method")
    return shapes.payment_method(await load(ctx, id, "payment_method"), livemode=ctx.livemode)


async def get_of(ctx: Context, customer: str, id: str) -> dict[str, Any]:
    """The PaymentMethod object if that customer has it; raises NotFound."""
    row = await load(ctx, id) if id.startswith(_KEPT) else None
    if row is None or row["customer_id"] != customer:
        raise NotFound("PaymentMethod", id, "payment_method")
    return shapes.payment_method(row, livemode=ctx.livemode)


async def tried(ctx: Context, id: str, right: bool, tries: int) -> tuple[int, bool]:
    """Note a try at telling the microdeposits of a bank account: how often it was wrong by now, and whether the account
    is proven. The right answer no longer proves it after as many wrong ones as `tries`."""
    rows = await ctx.db.rows(ctx.env, sql.METHOD_TRIED, (right, tries, 0 if right else 1, ctx.env, id))
    return int(rows[0]["tries"]), bool(rows[0]["verified"])


async def describe(ctx: Context, tx: Connection, id: str, params: dict[str, Any]) -> dict[str, Any]:
    """Give a method that was just made its billing details and metadata; writes no event, as it is not attached."""
    row = await _lock(ctx, tx, id)
    return await _save(ctx, tx, row, {
        "billing_details": shapes.billing(params.get("billing_details") or row["billing_details"]),
        "metadata": merged({}, params.get("metadata")),
        "allow_redisplay": params.get("allow_redisplay") or row["allow_redisplay"]}, None, None)


async def keep(ctx: Context, tx: Connection, id: str, customer: str | None, usage: str) -> None:
    """Mark a method as set up for `usage` and keep it with the customer, if there is one (whose row the caller has
    locked); writes payment_method.attached."""
    row = await _lock(ctx, tx, id)
    check_fresh(row)
    if row["customer_id"] and row["customer_id"] != customer:
        raise InvalidRequest("The payment method you provided cannot be kept: it belongs to another customer.",
                             param="payment_method")
    fresh = customer is not None and row["customer_id"] is None
    change = {"customer_id": customer, "set_up": row["set_up"] if row["set_up"] == "off_session" else usage}
    await _save(ctx, tx, row, change, "payment_method.attached" if fresh else None, None)


async def attach(ctx: Context, tx: Connection, id: str, customer: str, metadata: Row | None = None) -> dict[str, Any]:
    """Keep the method with a customer, and this metadata with the method; writes payment_method.attached."""
    await customers.exists(ctx, tx, customer)
    row = await _lock(ctx, tx, id)
    if row["customer_id"] == customer:
        return shapes.payment_method(row, livemode=ctx.livemode)
    if row["customer_id"]:
        raise InvalidRequest("The payment method you provided has already been attached to a customer.",
                             code="payment_method_already_attached", param="payment_method")
    check_fresh(row)
    change = {"customer_id": customer, "metadata": merged(row["metadata"], metadata)}
    return await _save(ctx, tx, row, change, "payment_method.attached", None)


async def detach(ctx: Context, tx: Connection, id: str) -> dict[str, Any]:
    """Take the method from its customer for good; writes payment_method.detached."""
    customer = (await _peek(ctx, tx, id))["customer_id"]
    if customer:  # locked before its methods, as everywhere
        await _forget_default(ctx, tx, customer, id)
    row = await _lock(ctx, tx, id)
    if not row["customer_id"]:
        raise InvalidRequest("The payment method you provided is not attached to a customer so detachment is "
                             "impossible.", param="payment_method")
    return await _detached(ctx, tx, row)


async def _peek(ctx: Context, tx: Connection, id: str) -> Row:
    row: Row | None = (await tx.execute(sql.METHOD_READ, {"env": ctx.env, "id": id})).scalar()
    if row is None:
        raise NotFound("PaymentMethod", id, "payment_method")
    return row


async def _forget_default(ctx: Context, tx: Connection, customer: str, id: str) -> None:
    """The newest card that is left takes the place of a default source."""
    row = await customers.lock(ctx, tx, customer)
    settings, change = row["invoice_settings"] or {}, Row()
    if settings.get("default_payment_method") == id:
        change["invoice_settings"] = settings | {"default_payment_method": None}
    if row["default_source"] == id:
        change["default_source"] = (await tx.execute(sql.CARD_NEWEST, {
            "env": ctx.env, "customer": customer, "but": id})).scalar()
    if change:
        await customers.save(ctx, tx, row, change)


async def detach_all(ctx: Context, tx: Connection, customer: str) -> list[str]:
    """Detach every method of a customer that is being deleted, whose row the caller has locked; their ids."""
    rows = [row for (row,) in (await tx.execute(sql.METHODS_OF, {"env": ctx.env, "customer": customer})).all()]
    for row in rows:
        await _detached(ctx, tx, row)
    return [row["id"] for row in rows]


async def _detached(ctx: Context, tx: Connection, row: Row) -> dict[str, Any]:
    """Writes customer.source.deleted, too, for what was a source."""
    previous, source = {"customer": row["customer_id"]}, _source(row)
    change = {"customer_id": None, "detached_at": ctx.clock.now().isoformat()}
    shape = await _save(ctx, tx, row, change, "payment_method.detached", previous)
    if source:
        await events.record(ctx, tx, type="customer.source.deleted", obj=source)
    return shape


def _source(row: Row) -> Row | None:
    """The Card object of a method that is a source of its customer."""
    return token_shapes.card(row) if row["id"].startswith("card_") else None


async def renewed(ctx: Context, id: str, given: Row) -> Row | None:
    """Before `update`: have the vault set the expiry of a kept card, `given` as exp_month, exp_year or both; the
    card's facts then, None when nothing is given. Raises CardError for an expiry that is none or has passed,
    InvalidRequest, NotFound."""
    row = await load(ctx, id)
    _check_kept(row)
    if row["type"] != "card":
        raise InvalidRequest("A bank account has no expiry: card can only be passed for a card.",
                             code="parameter_invalid_combination", param="card")
    if not given:
        return None
    facts = await vault.ask(ctx, "renew", token=id, **{name: given.get(name) for name in ("exp_month", "exp_year")})
    if refused := facts.get("refused"):
        raise CardError(**refused)
    if not facts["found"]:
        raise NotFound("PaymentMethod", id, "payment_method")
    card: Row = facts["card"]
    return card


def _check_kept(row: Row) -> None:
    if not row["customer_id"]:
        raise InvalidRequest("You must save this PaymentMethod to a customer before you can update it.",
                             param="payment_method")


async def update(ctx: Context, tx: Connection, id: str, params: dict[str, Any], card: Row | None = None,
                 ) -> dict[str, Any]:
    """Change billing details, metadata or the facts of its card, which the vault has changed before; writes
    payment_method.updated, and customer.source.updated for a source."""
    row = await _lock(ctx, tx, id)
    _check_kept(row)
    change = {"metadata": merged(row["metadata"], params.get("metadata")),
              "allow_redisplay": params.get("allow_redisplay") or row["allow_redisplay"]}
    if "billing_details" in params:
        old = shapes.billing(row["billing_details"])
        given = params["billing_details"] or {}
        details = {**old, **given, "address": {**old["address"], **(given.get("address") or {})}}
        change["billing_details"] = details
        if row["type"] == "sepa_debit" and "name" in given:
            bank_numbers.check_owner(details["name"])
    if card and card["renewals"] > row["card"].get("renewals", 0):  # else another request's later change stands already
        change["card"] = card
    before, after = (shapes.payment_method(one, livemode=ctx.livemode) for one in (row, row | change))
    shape = await _save(ctx, tx, row, change, "payment_method.updated", drafts.changed(before, after))
    source = _source(row)
    if source and (changed := _source(row | change)) and (previous := drafts.changed(source, changed)):
        await events.record(ctx, tx, type="customer.source.updated", obj=changed, previous=previous)
    return shape


async def _lock(ctx: Context, tx: Connection, id: str) -> Row:
    row: Row | None = (await tx.execute(sql.METHOD_LOCK, {"env": ctx.env, "id": id})).scalar()
    if row is None:
        raise NotFound("PaymentMethod", id, "payment_method")
    return row


async def _save(ctx: Context, tx: Connection, row: Row, change: Row, event: str | None,
                previous: Row | None) -> dict[str, Any]:
    """Write what changes of a locked row, and the event that tells of it."""
    rows.METHOD_CHANGE.check(change)
    await tx.execute(sql.METHOD_SAVE, {"env": ctx.env, "id": row["id"], "change": orjson.dumps(change).decode()})
    shape = shapes.payment_method(row | change, livemode=ctx.livemode)
    if event:
        await events.record(ctx, tx, type=event, obj=shape, previous=previous)
    return shape


async def many(ctx: Context, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Payment methods by id, in one query."""
    rows = await ctx.db.rows(ctx.env, sql.METHODS, (ctx.env, list(wanted)))
    return {row["row"]["id"]: shapes.payment_method(row["row"], livemode=ctx.livemode) for row in rows}


async def find(ctx: Context, customer: str, params: Row, *, url: str = "/v1/payment_methods") -> Row:
    """A page of a customer's methods, newest first."""
    await customers.get(ctx, customer)
    args = {"env": ctx.env, "customer": customer, "type": params.get("type"),
            "redisplay": params.get("allow_redisplay"), **pages.cursor(params)}
    rows = await pages.rows(ctx, sql.METHOD_FIND, args)
    return pages.page(url, params, [row["row"] for row in rows],
                      lambda row: shapes.payment_method(row, livemode=ctx.livemode))
