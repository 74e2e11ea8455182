"""Timers of objects: set, moved and cancelled in the commit of the change that they belong to.

An object has at most one timer of a kind. A timer that is due is taken with a lease, as it may lead to a question to
somebody else; who took it moves it, drops it, or lets the change itself cancel it. An early timer is harmless: its
handler looks at the object and puts it off. So nothing here needs to know how long a window is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from backend.context import Context, Runtime
from backend.db import Connection, Database
from backend.due import sql
from backend.due.kinds import Kind

LEASE_SECONDS = 60.0
"""Longer than any handler takes for one of the timers that it took together."""

Part = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Timer:
    """One that is ours until its lease runs out; `lease` is the number that fences our write."""

    env: int
    kind: Kind
    object_id: str
    lease: int


def at(kind: Kind, object_id: str, moment: datetime) -> Part:
    """Set, or moved: an element of the part `timers` of a payment's commit."""
    return {"kind": kind.value, "object_id": object_id, "at": moment.isoformat()}


def none(kind: Kind, object_id: str) -> Part:
    """Cancelled: another such element."""
    return {"kind": kind.value, "object_id": object_id, "at": None}


async def put(ctx: Context, tx: Connection, kind: Kind, object_id: str, moment: datetime) -> None:
    """Set the timer of an object, or move it, in the caller's transaction."""
    await tx.execute(sql.PUT, {"env": ctx.env, "kind": kind.value, "object_id": object_id, "at": moment})


async def cancel(ctx: Context, tx: Connection, kind: Kind, object_id: str) -> None:
    """Take the timer of an object away, in the caller's transaction; nothing when it has none."""
    await tx.execute(sql.CANCEL, {"env": ctx.env, "kind": kind.value, "object_id": object_id})


async def has(ctx: Context, kind: Kind, object_id: str) -> bool:
    """Whether an object has a timer of this kind."""
    return bool(await ctx.db.rows(ctx.env, sql.HAS, (ctx.env, kind.value, object_id)))


async def everywhere(auditor: Database, kind: Kind) -> list[str]:
    """The objects that have a timer of this kind, in all environments."""
    return [row["object_id"] for row in await auditor.rows(0, sql.EVERYWHERE, (kind.value,))]


async def take(runtime: Runtime, env: int, kind: Kind, limit: int) -> list[Timer]:
    """Lease up to `limit` timers that are due, the oldest first."""
    args = {"env": env, "kind": kind.value, "now": runtime.clock_of(env).now(), "limit": limit, "lease": LEASE_SECONDS}
    rows = await runtime.db.rows(env, sql.TAKE, args)
    return [Timer(env, kind, row["object_id"], row["lease"]) for row in rows]


async def put_off(runtime: Runtime, timer: Timer, moment: datetime) -> None:
    """Let a timer come again, unless somebody else has moved or taken it meanwhile."""
    which = (timer.env, timer.kind.value, timer.object_id, timer.lease)
    await runtime.db.execute(timer.env, sql.PUT_OFF, (moment, *which))


async def drop(runtime: Runtime, timer: Timer) -> None:
    """A timer whose object waits for nothing any more; unless somebody else has moved or taken it meanwhile."""
    await runtime.db.execute(timer.env, sql.DROP, (timer.env, timer.kind.value, timer.object_id, timer.lease))


async def at_once(runtime: Runtime, env: int, kind: Kind, objects: Iterable[str]) -> None:
    """Make timers due now, also those that are leased or not there yet."""
    args = {"env": env, "kind": kind.value, "objects": list(objects), "now": runtime.clock_of(env).now()}
    await runtime.db.execute(env, sql.AT_ONCE, args)
