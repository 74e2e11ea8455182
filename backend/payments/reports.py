"""What the portal shows about payments beyond the objects: the state of the money, volume, attempts and history."""

from datetime import datetime
from typing import Any

from backend import pages
from backend.context import Context
from backend.exchanges import attempts as messages
from backend.exchanges.rows import Attempt
from backend.networks import declines, routing
from backend.payments import sql
from backend.payments.intents import shape
from backend.payments.rows import Payment


async def find(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A page of intents, newest first, each with `money`, what became of it: disputed, refunded, partially_refunded,
    partially_captured, failed, or the intent's own status. Filter `money`."""
    args = {"env": ctx.env, "money": params.get("money"), **pages.cursor(params)}
    rows = await pages.rows(ctx, sql.REPORT_FIND, args)
    return pages.page("/v1/payment_intents", params, rows,
                      lambda row: {**shape(ctx, Payment.read(row["row"])), "money": row["money"]})


async def money(ctx: Context, payment_id: str) -> str:
    """What became of one payment's money, by the same names."""
    return str((await ctx.db.rows(ctx.env, sql.REPORT_GET, {"env": ctx.env, "id": payment_id}))[0]["money"])


async def volume_since(ctx: Context, since: datetime) -> list[dict[str, Any]]:
    """Captured volume per currency of payments made since then: {currency, amount, payments}."""
    return await ctx.db.rows(ctx.env, sql.VOLUME, (ctx.env, since))


async def attempts(ctx: Context, payment_id: str) -> list[Attempt]:
    """Every message sent to an acquirer for this payment, oldest first."""
    return await messages.of_payment(ctx, payment_id)


def is_debit(attempt: Attempt) -> bool:
    """Whether a message went to a bank that collects, and not to an acquirer of cards."""
    return attempt.connector in routing.COLLECTING


def refusal(attempt: Attempt) -> str | None:
    """The code of why a message was declined, a card's decline code or a debit's code; None when it was not."""
    if attempt.status != "declined":
        return None
    said = attempt.answer or {}
    code: str | None = said.get("decline_code") or said.get("code")
    if "why" in said:  # what processes of an earlier release wrote has only the codes
        why = declines.explain(said["why"], said.get("response_code"), debit=is_debit(attempt))
        code = why.decline_code or why.code
    return code


async def history(ctx: Context, payment_id: str) -> list[dict[str, Any]]:
    """Every change of status of the payment and its attempts, oldest first."""
    return await ctx.db.rows(ctx.env, sql.HISTORY, {"env": ctx.env, "id": payment_id})
