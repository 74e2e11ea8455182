"""After a restore: what the acquirers did since then and we forgot is adopted, or undone (two-way match).

A payment that is known here gets its lost attempts back. One that is not can never be told to anybody as paid, so its
money goes back, by our reference. Running it twice is harmless; nothing is decided without asking the acquirer.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from backend.accounts import environments
from backend.context import Context, Environment, Runtime
from backend.db import Database
from backend.errors import FarthingError
from backend.exchanges import attempts, engine, enquiries, resends
from backend.networks.link import Broken, NotSent, Refused
from backend.payments import lost_attempts
from backend.payments.lost_attempts import Lost
from backend.reconciliation import attempts as reconciler
from backend.reconciliation import records, sql

log = structlog.get_logger(__name__)
Row = dict[str, Any]

_DEADLINE_SECONDS = 8.0
_TOGETHER = 16
_BATCH = 200
_OVER = ("declined", "reversed", "returned", "tombstone")
_UNDO_ORDER = {"refund": 0, "capture": 1}
"""What stands on top of another message is undone before it."""


@dataclass(slots=True)
class Report:
    """What was found and done; `difference` is ledger minus journal in minor units per currency."""

    actions: Counter[str] = field(default_factory=Counter)
    settled: int = 0
    difference: dict[str, int] = field(default_factory=dict)

    @property
    def orphans(self) -> int:
        return sum(self.actions.values())

    @property
    def clean(self) -> bool:
        """Nothing is left for a person and the books agree."""
        return not self.actions["person"] and not any(self.difference.values())

    def __str__(self) -> str:
        differs = {currency: amount for currency, amount in self.difference.items() if amount}
        return (f"{self.orphans} records of the acquirers were unknown here: {self.actions['adopted']} adopted by "
                f"their payments, {self.actions['undone'] + self.actions['refunded']} given back, "
                f"{self.actions['harmless']} without effect, {self.actions['person']} left for a person. "
                f"{self.settled} open messages settled. Ledger minus journal: {differs or 'nothing'}.")


async def settle(runtime: Runtime, owner_url: str, auditor_url: str, listing: Callable[[], list[Row]]) -> Report:
    """Match the acquirers' records with ours, both ways, and leave no difference. `listing` reads their records.

    Nobody else may work meanwhile. The order matters: their records are read before ours, so that a message which is
    only just being sent is never taken for an orphan.
    """
    report = Report()
    rows = await asyncio.to_thread(listing)
    await records.take(owner_url, auditor_url, rows)
    by_key = {row["network_key"]: row for row in rows}
    adopted: set[str] = set()
    for env in await environments.all_ids(runtime):
        ctx = await environments.context(runtime, env, actor="restore")
        report.settled += await _settle_open(ctx)
        found = await lost_attempts.find(ctx, by_key)
        for keys in await _side_by_side(_adopt(ctx, report, losts) for losts in found.values()):
            adopted |= keys
    nobody = Context(runtime=runtime, environment=Environment(records.NOBODY), actor="restore")
    rest = [row for row in await runtime.db.rows(records.NOBODY, sql.ORPHANS) if row["network_key"] not in adopted]
    for rank in (0, 1, 2):
        await _side_by_side(_undo(nobody, report, row) for row in rest if _UNDO_ORDER.get(row["kind"], 2) == rank)
    await records.take(owner_url, auditor_url, await asyncio.to_thread(listing))
    report.difference = await _differences(auditor_url)
    return report


async def _side_by_side(work: Iterable[Awaitable[Any]]) -> list[Any]:
    places = asyncio.Semaphore(_TOGETHER)

    async def one(each: Awaitable[Any]) -> Any:
        async with places:
            return await each

    return await asyncio.gather(*(one(each) for each in work))


async def _settle_open(ctx: Context) -> int:
    """What was under way at the moment that we went back to: ask, before anything newer is put on top of it."""
    total = 0
    if await attempts.hurry(ctx, resends.SENDS_MAX):
        while count := await reconciler.settle_due(ctx.runtime, ctx.env, _BATCH):
            total += count
    return total


async def _adopt(ctx: Context, report: Report, losts: list[Lost]) -> set[str]:
    """Write a payment's lost attempts in their order; returns the keys that have found their place."""
    voided = any(lost.kind == "void" and lost.record["status"] == "approved" for lost in losts)
    done: set[str] = set()
    for lost in losts:
        begun = await lost_attempts.begin(ctx, lost)
        if begun is None:
            break
        done.add(lost.record["network_key"])
        answer = await enquiries.learn(ctx, begun[1])
        if answer is None:
            log.critical("orphan_without_answer", **_facts(lost.record, lost.payment_id))
            break  # the reconciler goes on with it by its schedule; nothing newer may pass it
        if answer["outcome"] == "reversed" and lost.kind == "authorize" and voided:
            answer["outcome"] = "approved"  # it was, until the void that comes next
        with suppress(FarthingError):  # a decline or failure: it stands on the intent
            await engine.conclude(ctx, *begun, answer)
        await _note(ctx, report, lost.record | {"kind": lost.kind}, "adopted", lost.payment_id)
    for lost in losts:
        if lost.record["network_key"] not in done:
            done.add(lost.record["network_key"])  # its payment is known, so it is never simply undone
            await _note(ctx, report, lost.record | {"kind": lost.kind}, "person")
    return done


async def _undo(ctx: Context, report: Report, record: Row) -> None:
    """Nobody here knows its payment. Approved money goes back; what moved none needs nothing but a note."""
    if record["status"] in _OVER or record["kind"] in ("void", "verify"):
        await _note(ctx, report, record, "harmless")
        return
    key = record["network_key"]
    if await _told(ctx, "cancel", record, key=f"{key[:50]}-orphan", original_key=key) == "approved":
        await _note(ctx, report, record, "undone")
        return
    if record["kind"] in ("sale", "capture"):  # too late to cancel: a refund of its own
        back = {"key": f"{key[:50]}-back", "original_key": key, "amount": record["amount"],
                "currency": record["currency"]}
        if await _told(ctx, "refund", record, **back) == "approved":
            await _note(ctx, report, record, "refunded")
            await _note(ctx, Report(), record | {"network_key": back["key"], "kind": "refund"}, "refunded")
            return
    await _note(ctx, report, record, "person")


async def _told(ctx: Context, op: str, record: Row, **fields: Any) -> str:
    try:
        answer = await ctx.runtime.link.call(op, _DEADLINE_SECONDS, connector=record["connector"], **fields)
    except (NotSent, Broken, Refused) as error:
        return str(error)
    return str(answer["outcome"])


async def _note(ctx: Context, report: Report, record: Row, action: str, payment_id: str | None = None) -> None:
    """A log line and a row for good."""
    say = log.critical if action == "person" else log.warning if record["status"] == "approved" else log.info
    say(f"orphan_{action}", **_facts(record, payment_id))
    await ctx.db.execute(ctx.env, sql.ORPHAN_PUT, {
        "env": ctx.env, "action": action, "payment_id": payment_id,
        **{name: record[name] for name in ("connector", "network_key", "kind", "amount", "status")},
        "currency": (record["currency"] or "").lower() or None})
    report.actions[action] += 1


def _facts(record: Row, payment_id: str | None) -> Row:
    return {"payment": payment_id, **{name: record[name] for name in (
        "connector", "network_key", "acquirer_ref", "kind", "amount", "currency", "status")}}


async def _differences(auditor_url: str) -> dict[str, int]:
    auditor = Database(auditor_url, pool_size=2, name="farthing-auditor")
    try:
        await auditor.open()
        return {row["currency"]: row["amount"] for row in await auditor.rows(0, sql.DIFFERENCES)}
    finally:
        await auditor.close()
