"""Challenges of setups: what the shopper's page shows, and the end, which we fetch from the issuer ourselves.

As with payments the browser's word is never believed (security A15).
"""

from contextlib import suppress

from backend import ids
from backend.accounts import environments
from backend.authentications import three_d_secure
from backend.context import OURSELVES, Client, Context, Runtime
from backend.customers import payment_methods
from backend.errors import CardError, Locked, NotFound
from backend.resources import resources
from backend.setups import setup_intents, steps
from backend.setups.states import Setup
from backend.setups.steps import Row, Step


def ours(id: str) -> bool:
    """Whether this id names the challenge of a setup."""
    return id.startswith("tdss_")


async def get(runtime: Runtime, id: str) -> Row:
    """What the challenge page needs; raises NotFound."""
    ctx, row, step = await _load(runtime, id)
    return {"id": id, "env": ctx.env, "setup_intent": row["setup_intent"], "livemode": ctx.livemode,
            "client_secret": step.row["client_secret"], "acs_url": row["acs_url"],
            "creq": three_d_secure.creq(row["three_ds_server_trans_id"], row["acs_transaction_id"]),
            "status": "challenge" if row["status"] == "challenge" else "finished", "return_url": row["return_url"],
            "merchant": ctx.account_name}


async def complete(runtime: Runtime, id: str, client: Client = OURSELVES) -> Row:
    """Fetch the result; set the card up when it is good. Safe to call twice, and before the shopper has finished."""
    return await _end(runtime, id, client, given_up=False)


async def abandon(runtime: Runtime, id: str, client: Client = OURSELVES) -> Row:
    """The shopper closed the challenge: take the issuer's result if there is one, else the setup failed."""
    return await _end(runtime, id, client, given_up=True)


async def _end(runtime: Runtime, id: str, client: Client, *, given_up: bool) -> Row:
    """Looks again when the setup changed in between (metadata, say); a twin of this call may have been faster."""
    for _ in range(three_d_secure.LOOKS):
        ctx, row, step = await _load(runtime, id, client)
        if not _awaited(step, row):
            break
        told = await three_d_secure.result(ctx, row["three_ds_server_trans_id"])
        if not told["finished"] and not given_up:
            break
        with suppress(Locked):
            await _conclude(ctx, step, row, told if told["finished"] else {"trans_status": "N"})
            break
    return await setup_intents.get(ctx, row["setup_intent"])


async def _load(runtime: Runtime, id: str, client: Client = OURSELVES) -> tuple[Context, Row, Step]:
    env = ids.environment(id) if ours(id) else None
    if env is None:
        raise NotFound("authentication", id)
    ctx = await environments.context(runtime, env, actor="shopper", client=client)
    row = await resources.row(ctx, steps.AUTHENTICATION, id)
    return ctx, row, Step(await resources.row(ctx, steps.SETUP, row["setup_intent"]))


def _awaited(step: Step, row: Row) -> bool:
    return bool(row["status"] == "challenge" and step.row["status"] == Setup.REQUIRES_ACTION
                and three_d_secure.awaits(step.row["next_action"], row["id"]))


async def _conclude(ctx: Context, step: Step, row: Row, told: Row) -> None:
    method = await payment_methods.load(ctx, row["payment_method"])
    good = told["trans_status"] in ("Y", "A") and _fits(method, row, told)
    finished = row | {"status": "succeeded" if good else "failed", "trans_status": told["trans_status"],
                      "eci": told.get("eci"), "cavv": told.get("cavv"),
                      "ds_transaction_id": told.get("ds_transaction_id") or row["ds_transaction_id"]}
    with suppress(CardError):  # the refusal is on the intent
        if good:
            await setup_intents.conclude(ctx, step, method, three_d_secure.proof(told, "challenge"),
                                         authentication=finished)
        else:
            error = three_d_secure.failure(ctx, method, code="setup_intent_authentication_failure")
            await setup_intents.failed(ctx, step, method, error, authentication=finished)


def _fits(method: Row, row: Row, told: Row) -> bool:
    """The issuer's result must speak of this very setup and card."""
    return bool(int(told["amount"]) == row["amount"] and str(told["currency"]).lower() == row["currency"]
                and told["last4"] == method["card"]["last4"])
