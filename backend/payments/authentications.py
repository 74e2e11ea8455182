"""3-D Secure challenges: what the shopper's page shows, and the end, which we fetch from the issuer ourselves.

The browser's word is never believed (security A15): the result comes from the issuer by our own transaction id, must
fit payment, amount, currency and card, and is used up by the one attempt that it allows.
"""

from contextlib import suppress
from typing import Any

from backend import ids
from backend.accounts import environments
from backend.authentications import three_d_secure
from backend.context import OURSELVES, Client, Context, Runtime
from backend.errors import CardError, Locked, NotFound
from backend.exchanges.subject import Changed, Superseded
from backend.payments import commits, effects, intents, sql, steps
from backend.payments.rows import Authentication
from backend.payments.states import Happening, Intent, after
from backend.payments.steps import Step
from backend.risk import brakes

Row = dict[str, Any]


async def get(runtime: Runtime, id: str) -> dict[str, Any]:
    """What the challenge page needs; raises NotFound."""
    ctx, row = await _load(runtime, id)
    payment = await intents.get(ctx, row.payment_id)
    return {"id": id, "env": ctx.env, "payment_intent": row.payment_id, "client_secret": payment["client_secret"],
            "status": "challenge" if row.status == "challenge" else "finished",
            "creq": three_d_secure.creq(row.three_ds_server_trans_id, row.acs_transaction_id),
            "acs_url": row.acs_url, "return_url": row.return_url, "livemode": ctx.livemode,
            "merchant": ctx.account_name}


async def complete(runtime: Runtime, id: str, client: Client = OURSELVES) -> dict[str, Any]:
    """Fetch the result; authorise when it is good. Safe to call twice, and before the shopper has finished.

    Returns the payment intent as it then is; a decline shows in its `last_payment_error`.
    """
    return await _end(runtime, id, client, given_up=False)


async def abandon(runtime: Runtime, id: str, client: Client = OURSELVES) -> dict[str, Any]:
    """The shopper closed the challenge: take the issuer's result if there is one, else fail the authentication."""
    return await _end(runtime, id, client, given_up=True)


async def _end(runtime: Runtime, id: str, client: Client, *, given_up: bool) -> dict[str, Any]:
    """Looks again when the payment changed in between (metadata, say); a twin of this call may have been faster."""
    ctx, row = await _load(runtime, id, client)
    for _ in range(three_d_secure.LOOKS):
        step = await steps.read(ctx, row.payment_id, row.payment_method_id)
        assert step
        if not _awaited(step, row):
            break
        told = await three_d_secure.result(ctx, row.three_ds_server_trans_id)
        if not told["finished"] and not given_up:
            break
        with suppress(Locked):
            await _conclude(ctx, step, row, told if told["finished"] else {"trans_status": "N"})
            break
    return await intents.get(ctx, row.payment_id)


async def _load(runtime: Runtime, id: str, client: Client = OURSELVES) -> tuple[Context, Authentication]:
    env = ids.environment(id) if id.startswith("tds_") else None
    if env is None:
        raise NotFound("authentication", id)
    rows = await runtime.db.rows(env, sql.AUTHENTICATION_GET, (env, id))
    if not rows:
        raise NotFound("authentication", id)
    return await environments.context(runtime, env, actor="shopper", client=client), Authentication.read(rows[0]["row"])


async def _conclude(ctx: Context, step: Step, row: Authentication, told: Row) -> None:
    """Use the result up; raises Locked when the payment is no longer as it was read."""
    good = told["trans_status"] in ("Y", "A") and _fits(step, row, told)
    finished = {"status": "succeeded" if good else "failed", "trans_status": told["trans_status"],
                "eci": told.get("eci"), "cavv": told.get("cavv"),
                "ds_transaction_id": told.get("ds_transaction_id") or row.ds_transaction_id,
                "finished_at": ctx.clock.now().isoformat()}
    parts = {"authentication_changes": [{"id": row.id, "change": finished}]}
    step.brake = row.brake
    try:
        if good:
            await intents.authorize(ctx, step, three_d_secure.proof(told, "challenge"), parts=parts)
        else:
            await _fail(ctx, step, parts)
    except (CardError, Superseded):
        return  # the decline is on the intent; or a twin of this call was faster


def _awaited(step: Step, row: Authentication) -> bool:
    """The intent waits for this very challenge, and not for a newer one with another card."""
    return bool(row.status == "challenge" and step.payment.status == Intent.REQUIRES_ACTION
                and three_d_secure.awaits(step.payment.next_action, row.id))


def _fits(step: Step, row: Authentication, result: Row) -> bool:
    """The issuer's result must speak of this very payment and card."""
    assert step.method
    payment = step.payment
    return bool(
        int(result["amount"]) == row.amount == payment.amount
        and str(result["currency"]).lower() == row.currency == payment.currency
        and result["last4"] == step.method["card"]["last4"])


async def _fail(ctx: Context, step: Step, parts: dict[str, list[Any]]) -> None:
    assert step.method
    change: Row = {"status": after(step.payment.status, Happening.FAIL), "next_action": None,
              "payment_method_id": None, "last_payment_error": three_d_secure.failure(ctx, step.method)}
    row = step.payment.changed(change)
    event = effects.event(ctx, "payment_intent.payment_failed", row)
    if step.brake:
        parts = {**parts, "brakes": brakes.end(ctx, step.brake, declined=True)}
    try:
        await commits.write(ctx, {**commits.moved(ctx, step.payment, change), "events": [event], **parts})
    except Changed as raced:
        raise Locked("PaymentIntent") from raced
