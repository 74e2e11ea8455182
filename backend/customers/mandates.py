"""Mandates: a customer's word that an account may be debited, kept as it was given until the method goes."""

from collections.abc import Iterable
from typing import Any

from backend.context import Context
from backend.customers import sql
from backend.db import Connection
from backend.errors import InvalidRequest
from backend.events import events
from backend.objects import boolean, enum, expandable, hash_of, integer, null, string, table, time, when
from backend.resources import resources
from backend.resources.resources import Resource

Row = dict[str, Any]
MANDATE = Resource(table("mandate", "A customer's word that a payment method may be used.", {
    "customer_acceptance": hash_of({
        "accepted_at": null(time), "offline": when(hash_of({})),
        "online": when(hash_of({"ip_address": null(string), "user_agent": null(string)})),
        "type": enum("offline", "online")}),
    "livemode": boolean,
    "multi_use": when(hash_of({})),
    "on_behalf_of": when(string),
    "payment_method": expandable("payment_method"),
    "payment_method_details": hash_of({
        "card": when(hash_of({})), "sepa_debit": when(hash_of({"reference": string, "url": string})), "type": string,
        "us_bank_account": when(hash_of({"collection_method": when(string)}))}),
    "single_use": when(hash_of({"amount": integer, "currency": string})),
    "status": enum("active", "inactive", "pending"),
    "type": enum("multi_use", "single_use"),
}), "mandate", "pay.mandate", "/v1/mandates")


async def agree(ctx: Context, tx: Connection, method: Row, acceptance: Row, single_use: Row | None) -> str:
    """Keep the word that the merchant has; `single_use` names amount and currency when it is for one payment only.

    Returns the mandate's id.
    """
    details: Row = {}
    if method["type"] == "sepa_debit":
        reference = method["id"].rpartition("_")[2][:16].upper()
        details = {"reference": reference, "url": f"{ctx.settings.api_base}/docs/bank-debits#mandates"}
    made = await resources.create(ctx, tx, MANDATE, {
        "customer_acceptance": {"accepted_at": int(ctx.clock.now().timestamp()), **acceptance},
        "payment_method": method["id"], "status": "active",
        "payment_method_details": {"type": method["type"], method["type"]: details},
        "type": "single_use" if single_use else "multi_use",
        **({"single_use": single_use} if single_use else {"multi_use": {}})})
    return str(made["id"])


async def check(ctx: Context, id: str, method: Row) -> None:
    """Raise unless `id` is a mandate in force of this payment method."""
    found = await resources.get(ctx, MANDATE, id, "mandate")
    if found["payment_method"] != method["id"] or found["status"] != "active":
        raise InvalidRequest(f"The mandate {id} is not one of the payment method {method['id']}, or it is no longer in "
                             "force.", code="payment_intent_mandate_invalid", param="mandate")


async def of(ctx: Context, method: str, *, kinds: tuple[str, ...] = ("multi_use",)) -> str | None:
    """The newest mandate of a method that is in force, or None."""
    rows = await ctx.db.rows(ctx.env, sql.MANDATE_OF, (ctx.env, method, list(kinds)))
    return str(rows[0]["id"]) if rows else None


async def end(ctx: Context, tx: Connection, methods: Iterable[str]) -> None:
    """The mandates of methods that were detached become inactive; writes mandate.updated for each."""
    rows = (await tx.execute(sql.MANDATES_OF, {"env": ctx.env, "methods": list(methods)})).all()
    for (row,) in rows:
        shape = await resources.save(ctx, tx, MANDATE, row, {"status": "inactive"})
        await events.record(ctx, tx, type="mandate.updated", obj=shape, previous={"status": row["status"]})
