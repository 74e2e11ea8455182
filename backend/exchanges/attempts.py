"""Messages to the outside, each a row that is written before the first byte leaves; those without an answer are leased.

Who asks about one holds its lease, and `check_no` fences what they write (money rule 3).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from backend import ids
from backend.context import Context
from backend.crypto import network_key
from backend.db import Connection, Database
from backend.due import timers
from backend.due.kinds import Kind
from backend.exchanges import sql
from backend.exchanges.rows import Attempt

Row = dict[str, Any]

FIRST_CHECK_SECONDS = 5
"""How long after the acquirer's deadline the reconciler first asks about an attempt that got no answer."""
LEASE_SECONDS = 45.0
"""Longer than a settlement can take: an enquiry, a cancel and an enquiry, each with its own deadline."""


def new(ctx: Context, about: str, kind: str, number: int, *, connector: str, amount: int, currency: str,
        original: Attempt | None = None, **known: Any) -> Attempt:
    """The row of a message that is about to be sent, with its deterministic network key (money rule 2).

    `about` is the id of what it is about, `number` counts the messages about it; `original` is the one that it follows.
    """
    wait = ctx.settings.acquirer_timeout_seconds + FIRST_CHECK_SECONDS
    row: Row = {
        "env": ctx.env, "id": ids.uuid(), "kind": kind, "number": number, "status": "sent",
        "connector": connector, "amount": amount, "currency": currency,
        "network_key": network_key(ctx.runtime.network_secret, ctx.env, about, kind, number),
        "original_key": original.network_key if original else None,
        "idempotency_key": ctx.key.key if ctx.key else None, "actor": ctx.actor, "request_id": ctx.request_id,
        "sent_at": ctx.clock.now().isoformat(), "check_no": 0, "sent_again": 0, "step": 1,
        "next_check_at": later(ctx, wait)}
    return Attempt(**row, **known)


def later(ctx: Context, seconds: float) -> str:
    """When the outside is asked: so long from now, by the system's time, whatever the environment's clock says."""
    moment: str = (ctx.runtime.clock.now() + timedelta(seconds=seconds)).isoformat()
    return moment


def touched(ctx: Context) -> Row:
    """Who changes a row, under which request: kept on the row, from where the history takes it."""
    return {"actor": ctx.actor, "request_id": ctx.request_id}


async def get(ctx: Context, id: str) -> Attempt:
    """One that is there."""
    return (await _read(ctx, sql.GET, ctx.env, id))[0]


async def now(ctx: Context, attempt: Attempt) -> Attempt:
    """The same attempt, read afresh."""
    return await get(ctx, attempt.id)


async def ours(ctx: Context, attempt: Attempt) -> bool:
    """Whether it still waits for the answer that we have; asked when its subject has changed."""
    found = await now(ctx, attempt)
    return found.status in ("sent", "unknown") and found.check_no == attempt.check_no


async def of_payment(ctx: Context, payment_id: str) -> list[Attempt]:
    """Every message about a payment and its refunds, oldest first."""
    return await _read(ctx, sql.OF_PAYMENT, ctx.env, payment_id)


async def of_refund(ctx: Context, refund_id: str) -> list[Attempt]:
    """The messages of a refund, the first one first."""
    return await _read(ctx, sql.OF_REFUND, ctx.env, refund_id)


async def won(ctx: Context, payment_id: str) -> Attempt | None:
    """The authorisation or sale of a payment that was approved, if one was."""
    return next(iter(await _read(ctx, sql.WON, ctx.env, payment_id)), None)


async def verification(ctx: Context, method_id: str, key: str | None,
                       since: datetime) -> tuple[int, Attempt | None]:
    """How many verifications a payment method has had, and the last one since then of the request with this key."""
    found = (await ctx.db.rows(ctx.env, sql.VERIFICATION, {
        "env": ctx.env, "method": method_id, "key": key, "since": since}))[0]
    return found["number"], found["row"] and Attempt.read(found["row"])


async def increments(ctx: Context, payment_id: str) -> int:
    """How often a payment's authorisation was to be raised; what surely never arrived does not count."""
    tried: int = (await ctx.db.rows(ctx.env, sql.INCREMENTS, (ctx.env, payment_id)))[0]["tried"]
    return tried


async def undecided(ctx: Context, payment_id: str, connectors: list[str]) -> Attempt | None:
    """The sale of a payment that one of these has and has not decided, if there is one."""
    return next(iter(await _read(ctx, sql.UNDECIDED, ctx.env, payment_id, connectors)), None)


async def take_undecided(ctx: Context, payment_id: str, connectors: list[str]) -> Attempt | None:
    """The same, leased; None while somebody else has it in hand."""
    return next(iter(await _read(ctx, sql.UNDECIDED_TAKE, LEASE_SECONDS, ctx.env, payment_id, connectors)), None)


async def lease(ctx: Context, limit: int, *, only: str | None = None, but: Collection[str] = ()) -> list[Attempt]:
    """Take what is due to be asked about; `only` one acquirer's, or all `but` some acquirers'."""
    args = {"env": ctx.env, "limit": limit, "lease": LEASE_SECONDS, "only": only, "but": list(but)}
    return [Attempt.read(row["row"]) for row in await ctx.db.rows(ctx.env, sql.LEASE, args)]


async def begin_cancel(ctx: Context, attempt: Attempt) -> bool:
    """Write down, before it is sent, that a cancel is on its way; False when the attempt is no longer ours.

    From here on an approval of this attempt cannot be trusted any more: the cancel may arrive after it.
    """
    args = (LEASE_SECONDS, ctx.env, attempt.id, attempt.check_no)
    return await ctx.db.execute(ctx.env, sql.CANCELING, args) == 1


async def begin_again(ctx: Context, attempt: Attempt, most: int) -> bool:
    """Count, before it is sent, that it is sent once more, at `most` so often, and hold its lease; False when it is no
    longer ours, or a cancel of it left."""
    args = (LEASE_SECONDS, ctx.env, attempt.id, attempt.check_no, most)
    return await ctx.db.execute(ctx.env, sql.AGAIN, args) == 1


async def put_off(ctx: Context, attempt: Attempt, status: str, pause_seconds: float, note: str) -> None:
    """Leave it `unknown` (or `manual`) and look again after the pause, unless somebody else settled it."""
    async with ctx.transaction() as tx:  # a step of its lifecycle: the history must know whose
        await tx.execute(sql.LATER, {
            "env": ctx.env, "id": attempt.id, "check_no": attempt.check_no, "status": status,
            "pause": pause_seconds, "note": note})


async def take_from_a_person(ctx: Context, id: str) -> Attempt | None:
    """Take one that waits for a person back among those that are asked about, leased; None when it waits for none."""
    async with ctx.transaction() as tx:
        row = (await tx.execute(sql.TAKE_FROM_A_PERSON, {
            "env": ctx.env, "id": id, "lease": LEASE_SECONDS, **touched(ctx)})).first()
    return Attempt.read(row[0]) if row else None


async def undo(ctx: Context, attempt: Attempt, acquirer_ref: str | None) -> None:
    """Write down that it was approved though it is settled as not done: from then on the reconciler undoes it at the
    acquirer until that is confirmed (reconciliation/undoings.py)."""
    await say(ctx, attempt, "to_undo", "approved after it was settled as not done", acquirer_ref)


async def for_a_person(auditor: Database) -> list[Attempt]:
    """Every message that waits for a person, of all environments."""
    return [Attempt.read(row["row"]) for row in await auditor.rows(0, sql.FOR_A_PERSON)]


async def being_undone(auditor: Database) -> list[Attempt]:
    """Every message that is to be undone, of all environments."""
    return await anywhere(auditor, await timers.everywhere(auditor, Kind.UNDOING))


async def is_being_undone(ctx: Context, attempt: Attempt) -> bool:
    """Whether it is still to be undone."""
    return await timers.has(ctx, Kind.UNDOING, attempt.id)


async def anywhere(auditor: Database, ids: list[str]) -> list[Attempt]:
    """Messages by their ids alone, whosesoever they are."""
    return [Attempt.read(row["row"]) for row in await auditor.rows(0, sql.ANYWHERE, (ids,))]


async def verdicts(ctx: Context, attempt: Attempt) -> list[Row]:
    """What was found out about a message beside its answers, the first one first."""
    return await ctx.db.rows(ctx.env, sql.VERDICTS, (ctx.env, attempt.id))


async def say(ctx: Context, attempt: Attempt, said: str, reason: str, acquirer_ref: str | None = None) -> None:
    """Keep for good what was found out about a message: `approved` and `not_done` are a person's words; `to_undo` sets
    its timer, `undone` ends it."""
    async with ctx.transaction() as tx:
        if said == "to_undo":
            await timers.put(ctx, tx, Kind.UNDOING, attempt.id, ctx.clock.now())
        if said == "undone":
            await timers.cancel(ctx, tx, Kind.UNDOING, attempt.id)
        await tx.execute(sql.VERDICT_PUT, {"env": ctx.env, "attempt": attempt.id, "said": said,
                                           "acquirer_ref": acquirer_ref, "reason": reason})


async def hurry(ctx: Context, sends_max: int) -> int:
    """Make all that is open due at once: after a restore, and only while no other process works.

    None of it is sent again: what we forgot may have ended it without the acquirer, and made another in its place.
    """
    return await ctx.db.execute(ctx.env, sql.HURRY, (sends_max, ctx.env))


async def travel(tx: Connection, env: int, jump: Any) -> None:
    """The environment's clock was set: what is under way was sent so much later."""
    await tx.execute(sql.TRAVEL, {"env": env, "jump": jump})


def age(ctx: Context, attempt: Attempt) -> float:
    """Seconds since it was sent. When the clock was set back since, at least so many: one for each time that we asked,
    for no pause is shorter."""
    passed = (ctx.clock.now() - datetime.fromisoformat(attempt.sent_at)).total_seconds()
    return passed if passed >= 0 else max(attempt.check_no - 1, 0)


async def _read(ctx: Context, query: str, *args: Any) -> list[Attempt]:
    return [Attempt.read(row["row"]) for row in await ctx.db.rows(ctx.env, query, args)]
