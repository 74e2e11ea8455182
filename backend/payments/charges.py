"""Charges: read, change their words, page through them. They are made by attempts, those of POST /v1/charges too."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import orjson

from backend import ids, pages
from backend import search as searching
from backend.context import Context
from backend.customers import payment_methods
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.events import drafts, events
from backend.mail import drafts as mails
from backend.metadata import merged
from backend.payments import descriptors, intents, receipts, sql
from backend.payments.rows import Charge, Payment

Row = dict[str, Any]
_WORDS = ("description", "receipt_email", "shipping", "transfer_group")


async def get(ctx: Context, id: str) -> dict[str, Any]:
    """The Charge object; raises NotFound."""
    charge, payment = await _row(ctx, id)
    return receipts.shown(ctx, charge, payment)


async def _row(ctx: Context, id: str) -> tuple[Charge, Payment]:
    rows = await ctx.db.rows(ctx.env, sql.CHARGE_GET, (ctx.env, id))
    if not rows:
        raise NotFound("charge", id, "charge")
    return Charge.read(rows[0]["charge"]), Payment.read(rows[0]["payment"])


async def create(ctx: Context, params: Row) -> Row:
    """Charge a card at once, as older integrations do: a PaymentIntent that is confirmed, whose charge is the answer.

    There is one way for money, so everything that holds for intents holds here. A card whose bank wants its holder is
    refused, for there is no way to ask. Raises what `intents.create` raises.
    """
    source = params.get("source") or await payment_methods.default_of(ctx, params["customer"])
    row = await payment_methods.load(ctx, source, "source")
    rest = {name: value for name, value in params.items() if name not in ("capture", "source")}
    manual = params.get("capture") is False
    return await intents.create(ctx, {
        **descriptors.of_charge(rest), "payment_method": row["id"], "confirm": True, "off_session": True,
        "capture_method": "manual" if manual else "automatic"}, answers="charge")


async def capture(ctx: Context, id: str, params: Row) -> Row:
    """Take the money of a charge that was only authorised; raises InvalidRequest `charge_already_captured`."""
    charge, _ = await _row(ctx, id)
    if charge.captured:
        raise InvalidRequest(f"Charge {id} has already been captured.", code="charge_already_captured")
    if charge.refunded:
        raise InvalidRequest(f"The authorization of charge {id} was released, so it can no longer be captured.",
                             code="charge_expired_for_capture")
    if charge.status == "failed":
        raise InvalidRequest(f"Charge {id} failed, so there is nothing to capture.", code="charge_not_capturable")
    rest = {name: value for name, value in descriptors.of_charge(params).items() if name != "amount"}
    if "amount" in params:
        rest["amount_to_capture"] = params["amount"]
    try:
        return await intents.capture(ctx, charge.payment_id, rest, answers="charge")
    except InvalidRequest as error:
        error.param = "amount" if error.param == "amount_to_capture" else error.param
        raise


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Change what a charge says, not what it did; writes charge.updated. Another `receipt_email` gets a receipt of what
    was paid."""
    found = (await tx.execute(sql.CHARGE_LOCK, {"env": ctx.env, "id": id})).mappings().first()
    if found is None:
        raise NotFound("charge", id, "charge")
    charge, payment = Charge.read(found["charge"]), Payment.read(found["payment"])
    before = receipts.shown(ctx, charge, payment)
    own = {**(charge.own or {}), **{name: params[name] or None for name in _WORDS if name in params}}
    if "metadata" in params:
        own["metadata"] = merged(before["metadata"], params["metadata"])
    if "fraud_details" in params:
        report = params["fraud_details"]["user_report"]
        own["fraud_details"] = {"user_report": report} if report else {}
    await tx.execute(sql.CHARGE_SAY, {"env": ctx.env, "id": id, "own": orjson.dumps(own).decode()})
    changed = replace(charge, own=own)
    shape = receipts.shown(ctx, changed, payment)
    if previous := drafts.changed(before, shape):
        await events.record(ctx, tx, type="charge.updated", obj=shape, previous=previous)
        if "receipt_email" in previous and shape["receipt_email"] and payment.status == "succeeded":
            await receipts.again(ctx, tx, id, shape["receipt_email"], ids.token(24))
    return shape


async def send_receipt(ctx: Context, tx: Connection, id: str, to: str, reason: str) -> None:
    """Send a receipt of a charge to an address, for one `reason` once. Raises NotFound, and InvalidRequest when nothing
    was paid, or when mails do not leave."""
    found = (await tx.execute(sql.CHARGE_LOCK, {"env": ctx.env, "id": id})).mappings().first()
    if found is None:
        raise NotFound("charge", id, "charge")
    if receipts.url(ctx, Charge.read(found["charge"])) is None:
        raise InvalidRequest("There is no receipt yet, for nothing was paid.", param="email")
    if not mails.leave(ctx):
        raise InvalidRequest("No receipts are sent in live mode, for no mail server is set (SMTP_HOST).", param="email")
    await receipts.again(ctx, tx, id, to, reason)


async def many(ctx: Context, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Charges by id, in one query."""
    rows = await ctx.db.rows(ctx.env, sql.CHARGES, (ctx.env, list(wanted)))
    return {row["charge"]["id"]: _shown(ctx, row) for row in rows}


async def of_intents(ctx: Context, intents: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The newest charges of each intent as a list, in one query: what API versions before 2022-11-15 show."""
    wanted = list(intents)
    rows = await ctx.db.rows(ctx.env, sql.CHARGES_OF_INTENTS, (ctx.env, wanted))
    found: dict[str, list[dict[str, Any]]] = {intent: [] for intent in wanted}
    for row in rows:
        found[row["payment"]["id"]].append(_shown(ctx, row))
    return {intent: pages.page(f"/v1/charges?payment_intent={intent}", {}, some, lambda shape: shape)
            for intent, some in found.items()}


async def find(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A page of charges, newest first; filters customer, payment_intent, transfer_group, created."""
    args = {"env": ctx.env, "customer": params.get("customer"), "payment": params.get("payment_intent"),
            "transfer_group": params.get("transfer_group"), **pages.cursor(params)}
    rows = await pages.rows(ctx, sql.CHARGE_FIND, args)
    return pages.page("/v1/charges", params, rows, lambda row: _shown(ctx, row))


async def search(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A page of charges that a query finds."""
    return await searching.find(ctx, sql.SEARCH_CHARGES, params, "/v1/charges/search", lambda row: _shown(ctx, row))


def _shown(ctx: Context, row: Row) -> Row:
    """The Charge object of a row of a list, which has the charge and its payment."""
    return receipts.shown(ctx, Charge.read(row["charge"]), Payment.read(row["payment"]))
