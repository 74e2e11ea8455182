"""One step of a setup: the intent, its attempt, the authentication, the kept card, events and the stored answer."""

from dataclasses import dataclass
from typing import Any

from backend import ids
from backend.context import Context
from backend.customers import customers, mandates, payment_methods
from backend.db import Connection
from backend.errors import CardError, Locked
from backend.events import events
from backend.events.reactions import Reaction
from backend.objects import Object
from backend.published import published
from backend.requests import answers, idempotency
from backend.resources import resources
from backend.resources.resources import Resource
from backend.setups import shapes

Row = dict[str, Any]
SETUP = Resource(shapes.SETUP_INTENT, "seti", "pay.setup_intent", "/v1/setup_intents", filters={
    "customer": "r.customer_id = %(customer)s", "payment_method": "r.payment_method_id = %(payment_method)s"},
    private=("checkout_session", "mandate_data", "return_url", "single_use", "version"))
ATTEMPT = Resource(shapes.SETUP_ATTEMPT, "setatt", "pay.setup_attempt", "/v1/setup_attempts", filters={
    "setup_intent": "r.setup_intent_id = %(setup_intent)s"})
AUTHENTICATION = Resource(Object("authentication", "A challenge of a setup; not public.", {}), "tdss",
                          "pay.setup_authentication", "", private=(
    "acs_transaction_id", "acs_url", "amount", "cavv", "currency", "ds_transaction_id", "eci", "payment_method",
    "return_url", "setup_intent", "status", "three_ds_server_trans_id", "trans_status"))


@dataclass(slots=True)
class Step:
    """A setup intent while a verb works on it: its row as the database has it, or as it shall be born."""

    row: Row
    new: bool = False


class _Taken(Exception):
    """Somebody else holds the idempotency key; nothing was written."""

    def __init__(self, record: Row) -> None:
        super().__init__("taken")
        self.record = record


def shape(ctx: Context, row: Row) -> Row:
    """The public object of a row, narrowed to what a publishable key may see."""
    full = SETUP.shown(ctx, row)
    return published(full) if ctx.publishable else full


def attempt(ctx: Context, step: Step, method: Row, status: str, checks: Row, proof: Row | None, *,
            goes_on: bool = False) -> Row:
    """The row of a try; one that waited for its customer `goes_on` under its own id."""
    checks = {name: checks.get(name) for name in ("address_line1_check", "address_postal_code_check", "cvc_check")}
    id = step.row["latest_attempt"] if goes_on else ids.new("setatt", ctx.env)
    return {"id": id, "status": status,
            "setup_intent": step.row["id"], "usage": step.row["usage"], "customer": step.row["customer"],
            "payment_method": method["id"], "setup_error": None,
            "payment_method_details": shapes.details(method, checks, proof)}


async def write(ctx: Context, step: Step, change: Row, told: list[str], *, attempt: Row | None = None,
                authentication: Row | None = None, keeps: Row | None = None, error: Row | None = None) -> Row:
    """One transaction with its events and the answer on the idempotency key; returns the public object.

    `keeps` is the method that is set up for good by this step. With `error` the step is written and CardError raised.
    Raises Locked when the intent changed since it was read, Replay and the like when the key is taken.
    """
    try:
        async with ctx.transaction() as tx:
            if ctx.key and (record := await idempotency.claim_in(ctx, tx)):
                raise _Taken(record)
            row = await _write(ctx, tx, step, change, told, attempt, authentication, keeps)
            failure = _failure(ctx, row, error) if error else None
            if ctx.key:
                answer = (answers.of_error(failure, ctx.settings.api_base) if failure
                          else answers.of(shape(ctx, row)))
                await idempotency.finish_in(ctx, tx, answer, row["id"] if step.new else None)
    except _Taken as taken:
        await idempotency.held(ctx, taken.record)
        raise
    if failure:
        raise failure
    return shape(ctx, row)


async def _write(ctx: Context, tx: Connection, step: Step, change: Row, told: list[str], attempt: Row | None,
                 authentication: Row | None, keeps: Row | None) -> Row:
    row = step.row | change
    if row["customer"] and (step.new or keeps or "customer" in change):
        await customers.exists(ctx, tx, row["customer"])  # locked first, as everywhere
    if not step.new:
        now = await resources.lock(ctx, tx, SETUP, row["id"])
        if now["version"] != step.row["version"]:
            raise Locked("SetupIntent")
        row["version"] = now["version"] + 1
    if keeps:
        await payment_methods.keep(ctx, tx, keeps["id"], row["customer"], row["usage"])
        row |= await _mandate(ctx, tx, row, keeps)
    if attempt:
        row["latest_attempt"] = attempt["id"]
    if step.new:
        shown = await resources.create(ctx, tx, SETUP, row, id=row["id"])
        row["created_at"], row["deleted_at"] = ctx.clock.now().isoformat(), None
        await events.record(ctx, tx, type="setup_intent.created", obj=shown)
    else:
        row = now | row
        shown = await resources.save(ctx, tx, SETUP, now, row)
        row["metadata"] = shown["metadata"]
    await _tried(ctx, tx, step.row, row, attempt)
    await _authenticated(ctx, tx, authentication)
    concerns = (Reaction.SETTLE_SESSION,) if row.get("checkout_session") else ()
    for type in told:
        await events.record(ctx, tx, type=type, obj=shown, concerns=concerns)
    return row


async def _tried(ctx: Context, tx: Connection, before: Row, now: Row, attempt: Row | None) -> None:
    """The try of this step; one that waited for what nobody awaits any more, or for a newer try, is abandoned."""
    moved = before["next_action"] and (attempt or before["next_action"] != now["next_action"])
    waiting = before["latest_attempt"] if moved else None
    if attempt and attempt["id"] == waiting:
        await resources.change(ctx, tx, ATTEMPT, waiting, attempt)
        return
    if waiting:
        await resources.change(ctx, tx, ATTEMPT, waiting, {"status": "abandoned"})
    if attempt:
        await resources.create(ctx, tx, ATTEMPT, attempt, id=attempt["id"])


async def _authenticated(ctx: Context, tx: Connection, row: Row | None) -> None:
    if row and row["status"] == "challenge":
        await resources.create(ctx, tx, AUTHENTICATION, row, id=row["id"])
    elif row:  # the intent's version, checked above, lets one of two finish it
        await resources.change(ctx, tx, AUTHENTICATION, row["id"], row)


async def _mandate(ctx: Context, tx: Connection, row: Row, method: Row) -> Row:
    """The customer's word, where the merchant has it: the ids to keep on the intent."""
    acceptance = (row["mandate_data"] or {}).get("customer_acceptance")
    if not acceptance:
        return {}
    single = row["single_use"]
    made = await mandates.agree(ctx, tx, method, acceptance, single)
    return {"single_use_mandate" if single else "mandate": made}


def _failure(ctx: Context, row: Row, error: Row) -> CardError:
    public = {name: value for name, value in error.items() if name not in ("type", "message", "code", "doc_url")}
    return CardError(error["message"], code=error["code"], setup_intent=shape(ctx, row), **public)
