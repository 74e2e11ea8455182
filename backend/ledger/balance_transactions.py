"""Balance transactions: get, find; and the schedule by which pending money becomes available."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from backend import pages
from backend.context import Context, Runtime
from backend.errors import NotFound
from backend.ledger import shapes, sql

Row = dict[str, Any]


async def get(ctx: Context, id: str, param: str = "id") -> Row:
    """One balance transaction; raises NotFound, which names `param`."""
    found = await many(ctx, [id])
    if id not in found:
        raise NotFound("balance_transaction", id, param)
    return found[id]


async def many(ctx: Context, wanted: Iterable[str]) -> dict[str, Row]:
    """Balance transactions by id, in one query; unknown ids are left out."""
    rows = await ctx.db.rows(ctx.env, sql.TRANSACTIONS, {"env": ctx.env, **_sources(wanted)})
    return {shape["id"]: shape for shape in (_shape(ctx, row["row"]) for row in rows)}


async def find(ctx: Context, params: Row) -> Row:
    """A page of balance transactions, newest first; filters type, currency, source, created."""
    args = {**pages.cursor(params), "env": ctx.env, "currency": params.get("currency")}
    for end in ("after", "before"):
        if args[end]:
            args |= {f"{end}_{name}": ids for name, ids in _sources([args[end]]).items()}
    if params.get("type"):
        args |= _codes(params["type"])
    if params.get("source"):
        args |= _of_source(params["source"])
    rows = await ctx.db.rows(ctx.env, sql.TRANSACTION_FIND.of(args), args)
    for param in ("starting_after", "ending_before"):
        if params.get(param) and not rows:
            await get(ctx, params[param], param)
    return pages.page("/v1/balance_transactions", params, [row["row"] for row in rows], lambda row: _shape(ctx, row))


async def release(runtime: Runtime, env: int, limit: int) -> int:
    """Make available what was captured `FUNDS_DELAY_DAYS` ago, of at most `limit` payments; returns of how many.

    Running it twice, or beside refunds, is harmless: each payment's money moves once.
    """
    now, delay = runtime.clock_of(env).now(), _delay(runtime)
    rows = await runtime.db.call(env, sql.RELEASE, (env, now - delay, delay, limit), actor="worker")
    return int(rows)


def _delay(runtime: Runtime) -> timedelta:
    return timedelta(days=runtime.settings.funds_delay_days)


def _shape(ctx: Context, row: Row) -> Row:
    return shapes.balance_transaction(row, now=ctx.clock.now(), delay=_delay(ctx.runtime))


def _sources(wanted: Iterable[str]) -> dict[str, list[str]]:
    """The objects that these transactions come from, by how the money moved; `transfers` for the rest."""
    found: dict[str, list[str]] = {"capture": [], "refund": [], "refund_reversal": [], "transfers": []}
    for id in wanted:
        code, sources = shapes.sources_of(id)
        if code:
            found[code] += sources
        elif transfer := _uuid(sources[0]):
            found["transfers"].append(transfer)
    return found


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text)) if len(text) == 32 else None
    except ValueError:
        return None


def _codes(type: str) -> Row:
    """The condition of a type: its postings; of an adjustment: all that have no type of their own."""
    if type == shapes.OTHER[0]:
        return {"not_codes": list(shapes.TYPES)}
    return {"codes": [code for code, (kind, _) in shapes.TYPES.items() if kind == type]}


def _of_source(source: str) -> Row:
    if source.startswith(("ch_", "py_")):
        return {"of_charge": source}
    return {"of_other": source}
