"""Create, get, change, delete, find: the verbs of every plain resource, with its events."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import orjson

from backend import ids, pages
from backend import search as searching
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.events import drafts, events
from backend.metadata import merged
from backend.objects import Object
from backend.resources.sql import Statements, of_doc
from backend.rows import Misnamed

Row = dict[str, Any]
_OWN = ("env", "id", "created_at", "deleted_at")


@dataclass(frozen=True)
class Resource:
    """One kind of object: its public form, its table and its words.

    `event` begins the types of its events (product -> product.created); None when it has none. `shape` replaces the
    plain rendering where a row alone does not tell everything. `filters`: see Statements. `own_ids`: merchants may
    choose ids, so two kinds may share one, or one look like a payment's. `searched` are
    the fields of the search's query by their kinds.
    """

    object: Object
    prefix: str
    table: str
    url: str
    event: str | None = None
    filters: dict[str, str] = field(default_factory=dict)
    shape: Callable[[Context, Row], Row] | None = None
    searched: dict[str, str] = field(default_factory=dict)
    own_ids: bool = False
    private: tuple[str, ...] = ()
    """What its documents hold beside the fields of the object."""

    @cached_property
    def names(self) -> frozenset[str]:
        """All that a document may say."""
        return frozenset((*_OWN, *self.private, *self.object.fields,
                          *(kind.column for kind in self.object.fields.values() if kind.column)))

    @cached_property
    def sql(self) -> Statements:
        return Statements(self.table, self.filters)

    def shown(self, ctx: Context, row: Row) -> Row:
        """The public object, or the stub of a deleted one."""
        if row.get("deleted_at"):
            return {"id": row["id"], "object": self.object.name, "deleted": True}
        return self.shape(ctx, row) if self.shape else self.object.render(row, livemode=ctx.livemode)


async def create(ctx: Context, tx: Connection, res: Resource, doc: Row, *, id: str | None = None,
                 param: str = "id") -> Row:
    """A new object of `doc`; writes its created event. Raises InvalidRequest when a chosen `id` is taken."""
    _require_known(res, doc)
    row = {**doc, "id": id or ids.new(res.prefix, ctx.env), "created_at": ctx.clock.now().isoformat(),
           "deleted_at": None}
    done = await tx.execute(res.sql.insert, {"env": ctx.env, "id": row["id"], "doc": _doc(row),
                                             "created_at": ctx.clock.now()})
    if done.rowcount == 0:
        raise InvalidRequest(f"{res.object.name.replace('_', ' ').capitalize()} already exists.",
                             code="resource_already_exists", param=param)
    shape = res.shown(ctx, row)
    await _tell(ctx, tx, res, "created", shape)
    return shape


def born(ctx: Context, res: Resource, doc: Row) -> tuple[Row, Row]:
    """The columns of a new object of `doc` and its created event, for a commit that somebody else makes."""
    _require_known(res, doc)
    now = ctx.clock.now().isoformat()
    row = {**doc, "id": ids.new(res.prefix, ctx.env), "created_at": now, "deleted_at": None}
    kept = {name: value for name, value in row.items() if name not in _OWN}
    return ({"env": ctx.env, "id": row["id"], "doc": kept, "created_at": now},
            drafts.draft(ctx, f"{res.event}.created", res.shown(ctx, row)))


async def row(ctx: Context, res: Resource, id: str, param: str = "id") -> Row:
    """The row of one object, deleted or not; raises NotFound."""
    found = await rows(ctx, res, [id])
    if id not in found:
        raise NotFound(res.object.name, id, param)
    return found[id]


async def get(ctx: Context, res: Resource, id: str, param: str = "id") -> Row:
    """One object; raises NotFound."""
    return res.shown(ctx, await row(ctx, res, id, param))


async def many(ctx: Context, res: Resource, wanted: Iterable[str]) -> dict[str, Row]:
    """Objects by id, in one query; unknown ids are left out."""
    return {id: res.shown(ctx, row) for id, row in (await rows(ctx, res, wanted)).items()}


async def rows(ctx: Context, res: Resource, wanted: Iterable[str]) -> dict[str, Row]:
    """The rows of objects by id, deleted ones too, in one query; unknown ids are left out."""
    found = await ctx.db.rows(ctx.env, res.sql.many, (ctx.env, list(wanted)))
    return {one["row"]["id"]: one["row"] for one in found}


def silent(res: Resource) -> Resource:
    """The same resource without events: for what is made along with another object."""
    return replace(res, event=None)


async def lock(ctx: Context, tx: Connection, res: Resource, id: str, param: str = "id") -> Row:
    """The row of one living object, locked until `tx` ends; raises NotFound."""
    found: Row | None = (await tx.execute(res.sql.lock, {"env": ctx.env, "id": id})).scalar()
    if found is None:
        raise NotFound(res.object.name, id, param)
    return found


async def read(ctx: Context, tx: Connection, res: Resource, id: str, param: str = "id") -> Row:
    """The row of one living object inside `tx`, not locked; raises NotFound."""
    found: Row | None = (await tx.execute(res.sql.read, {"env": ctx.env, "id": id})).scalar()
    if found is None or found["deleted_at"]:
        raise NotFound(res.object.name, id, param)
    return found


async def change(ctx: Context, tx: Connection, res: Resource, id: str, changes: Row, param: str = "id") -> Row:
    """Change the fields in `changes` (metadata is merged); writes the updated event with the values that were."""
    row = await lock(ctx, tx, res, id, param)
    return await save(ctx, tx, res, row, changes)


async def save(ctx: Context, tx: Connection, res: Resource, row: Row, changes: Row, *,
               event: str = "updated") -> Row:
    """Like `change`, for a row that the caller has locked."""
    _require_known(res, changes.keys() - row.keys())  # a later release may have written names that we do not know
    before = res.shown(ctx, row)
    after = row | changes
    if "metadata" in changes:
        after["metadata"] = merged(row.get("metadata") or {}, changes["metadata"])
    await _write(ctx, tx, res, after)
    shape = res.shown(ctx, after)
    if previous := drafts.changed(before, shape):
        await _tell(ctx, tx, res, event, shape, previous)
    return shape


async def delete(ctx: Context, tx: Connection, res: Resource, id: str, param: str = "id") -> Row:
    """Delete one object for good: its row stays for what refers to it; writes the deleted event."""
    row = await lock(ctx, tx, res, id, param)
    shape = res.shown(ctx, row)
    gone = row | {"deleted_at": ctx.clock.now().isoformat()}
    await _write(ctx, tx, res, gone)
    await _tell(ctx, tx, res, "deleted", shape)
    return res.shown(ctx, gone)


async def find(ctx: Context, res: Resource, params: Row, *, url: str | None = None) -> Row:
    """A page of living objects, newest first; `params` holds the filters that the resource names."""
    args = {**{name: params.get(name) for name in res.filters}, "env": ctx.env, "now": ctx.clock.now(),
            **pages.cursor(params)}
    found = await pages.rows(ctx, res.sql.find, args)
    return pages.page(url or res.url, params, [one["row"] for one in found], lambda row: res.shown(ctx, row))


async def search(ctx: Context, res: Resource, params: Row) -> Row:
    """A page of what the query finds, newest first."""
    return await searching.find(ctx, res.sql.searchable(of_doc(**res.searched)), params, f"{res.url}/search",
                                lambda row: res.shown(ctx, row["row"]))


async def _tell(ctx: Context, tx: Connection, res: Resource, what: str, shape: Row,
                previous: Row | None = None) -> None:
    """Write the event. Events are counted by object: an id that was chosen is counted apart from all others."""
    if res.event:
        counted = f"{res.object.name}/{shape['id']}" if res.own_ids else None
        await events.record(ctx, tx, type=f"{res.event}.{what}", obj=shape, previous=previous, object_id=counted)


def _require_known(res: Resource, names: Iterable[str]) -> None:
    """Raise Misnamed for a name that nobody would ever read."""
    if unknown := sorted(set(names) - res.names):
        raise Misnamed(f"{res.table}: its documents have no {', '.join(unknown)}.")


async def _write(ctx: Context, tx: Connection, res: Resource, row: Row) -> None:
    await tx.execute(res.sql.save, {"env": ctx.env, "id": row["id"], "doc": _doc(row),
                                    "deleted_at": row["deleted_at"]})


def _doc(row: Row) -> str:
    return orjson.dumps({name: value for name, value in row.items() if name not in _OWN}).decode()
