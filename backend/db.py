"""PostgreSQL: pools, the one transaction, and the one-statement call of the hot path.

Every unit of work binds one environment with `app.env`, which row-level security compares with each row. Off the hot
path a unit of work is `transaction()` with SQLAlchemy Core; on it a unit is `call()`: one statement that is its own
transaction, so a commit costs one round trip (house rule, measured: three times the rate of separate statements).
"""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import orjson
import psycopg
import structlog
from psycopg import errors as pg
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from backend import crash
from backend.combiner import Combiner, Doc

log = structlog.get_logger(__name__)

set_json_loads(orjson.loads)
set_json_dumps(orjson.dumps)

Connection = AsyncConnection
Params = Sequence[Any] | Mapping[str, Any]
_RETRIES_MAX = 5
# connection exception, insufficient resources (a full disk), operator intervention, an error of the system below
_LOST_CLASSES = frozenset({"08", "53", "57", "58"})
_BIND = text("SELECT set_config('app.env', :env, true), set_config('app.actor', :actor, true), "
             "set_config('app.request', :request, true)")
_BIND_ACTOR = text("SELECT set_config('app.actor', :actor, true)")


class CommitUnknown(Exception):
    """The connection died while a commit was on its way: read by key what became of it, never run it again."""


class Database:
    """The pools of one process for one role. `url` is a libpq URI."""

    def __init__(self, url: str, *, pool_size: int = 10, name: str = "farthing") -> None:
        self._pool = AsyncConnectionPool(
            url, min_size=1, max_size=pool_size, open=False, name=name, timeout=10,
            kwargs={"autocommit": True, "prepare_threshold": 1, "application_name": name},
            check=None,
        )
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+psycopg://", async_creator=lambda: psycopg.AsyncConnection.connect(
                url, application_name=name), pool_size=pool_size, max_overflow=0, pool_pre_ping=False)
        self._combiners: dict[str, Combiner] = {}
        self._numbers = count()

    async def open(self) -> None:
        """Open the first connection; raises psycopg.OperationalError when the server is away."""
        await self._pool.open(wait=True, timeout=10)

    async def close(self) -> None:
        await self._pool.close()
        await self._engine.dispose()

    async def ping(self) -> bool:
        """True when the server answers a statement."""
        async with self._pool.connection() as conn:
            return (await (await conn.execute("SELECT 1")).fetchone()) == (1,)

    async def call(self, env: int, query: str, params: Sequence[Any] = (), *, actor: str = "",
                   request: str = "") -> Any:
        """Run one statement as one transaction in `env`; returns the first column of the first row, or None.

        `query` is an expression such as `pay.payment_begin(%b)`. Deadlocks and serialisation failures are run again
        (they rolled back whole); a connection lost on the way raises CommitUnknown.
        """
        statement, args = _bound(query), (*params, str(env), actor, request)
        for attempt in range(_RETRIES_MAX):
            try:
                async with self._pool.connection() as conn:
                    row = await (await conn.execute(statement, args)).fetchone()
                    return row[0] if row else None
            except (pg.DeadlockDetected, pg.SerializationFailure):
                if attempt == _RETRIES_MAX - 1:
                    raise
                await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))
            except psycopg.OperationalError as error:
                if not _lost(error):
                    raise
                raise CommitUnknown(str(error)) from error
        return None

    async def write(self, env: int, query: str, doc: Doc) -> Any:
        """Like `call` with one document of lists, in one commit that other writes of this moment may share."""
        combiner = self._combiners.get(query)
        if combiner is None:
            combiner = self._combiners[query] = Combiner(
                lambda env, joined: self._send(env, query, joined),
                lambda error: sqlstate(error) is not None and not away(error), lambda result: "held" in (result or ()))
        return await combiner.write(env, doc)

    async def ask(self, env: int, query: str, *question: str | None) -> Any:
        """Read the answer to one question, in a round trip that other questions of this moment may share.

        `query` takes one document with the list `questions`, each [number, *question], and returns {number: answer}.
        The snapshot is taken after the question is asked, so it sees every commit that was over by then.
        """
        number = str(next(self._numbers))
        answers: dict[str, Any] = await self.write(env, query, {"questions": [[number, *question]]})
        return answers[number]

    async def _send(self, env: int, query: str, doc: Doc) -> Any:
        if crash.armed and (point := crash.inside(doc)):
            await self._end_inside(env, query, doc, point)
        return await self.call(env, query, (env, orjson.dumps(doc).decode()))

    async def _end_inside(self, env: int, query: str, doc: Doc, point: str) -> None:
        """Only under CRASH_AT: die inside the transaction that `call` would have made.

        An open one surely rolls back with us; a statement that is a transaction by itself, and was sent, commits.
        """
        only_key = point == "tx1_key_claimed" and "claims" in doc
        sent = orjson.dumps({"claims": doc["claims"]} if only_key else doc).decode()
        async with self._pool.connection() as conn:
            if not point.endswith("commit_unread"):
                await conn.execute("BEGIN")
            text = psycopg.AsyncClientCursor(conn).mogrify(_bound(query), (env, sent, str(env), "", ""))
            conn.pgconn.send_query(text.encode())
            conn.pgconn.flush()
            await _answered(conn.fileno())  # nothing is read: the server has done it, and we do not know
            await crash.end_inside(doc)

    async def rows(self, env: int, query: str, params: Params = ()) -> list[dict[str, Any]]:
        """Read with one plain statement in `env`, as dictionaries; `query` must bind `env` itself as well."""
        async with self._pool.connection() as conn:
            cursor = await _run(conn, env, query, params)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]

    async def pages(self, env: int, query: str, size: int = 1000) -> AsyncIterator[list[dict[str, Any]]]:
        """Like `rows`, for answers that are too large to hold: some rows at a time, all of one snapshot."""
        async with self._pool.connection() as conn, conn.transaction(), conn.cursor("pages") as cursor:
            await conn.execute("SELECT set_config('app.env', %s, true)", (str(env),))
            await cursor.execute(query)
            names = [column.name for column in cursor.description or ()]
            while rows := await cursor.fetchmany(size):
                yield [dict(zip(names, row, strict=True)) for row in rows]

    async def execute(self, env: int, query: str, params: Params = ()) -> int:
        """Write with one plain statement in `env`; returns how many rows it touched."""
        async with self._pool.connection() as conn:
            return (await _run(conn, env, query, params)).rowcount

    @asynccontextmanager
    async def transaction(self, env: int, *, actor: str = "", request: str = "") -> AsyncIterator[AsyncConnection]:
        """One transaction in `env`; commits at the end of the block, rolls back when it raises."""
        async with self._engine.connect() as conn, conn.begin():
            await conn.execute(_BIND, {"env": str(env), "actor": actor, "request": request})
            yield conn

    @asynccontextmanager
    async def everywhere(self, *, actor: str = "") -> AsyncIterator[AsyncConnection]:
        """A transaction that binds no environment: only for the small global tables of schema `core`.

        Whoever writes names an `actor` for the audit trail.
        """
        async with self._engine.connect() as conn, conn.begin():
            if actor:
                await conn.execute(_BIND_ACTOR, {"actor": actor})
            yield conn


async def _run(conn: psycopg.AsyncConnection[Any], env: int, query: str, params: Params) -> psycopg.AsyncCursor[Any]:
    """One statement in `env`. What is sent in one pipeline is one transaction, up to its end, also without BEGIN."""
    async with conn.pipeline():
        await conn.execute("SELECT set_config('app.env', %s, true)", (str(env),))
        return await conn.execute(query, params)


def _bound(query: str) -> str:
    """A call as one statement that names its environment, actor and request."""
    return (f"SELECT {query} FROM set_config('app.env', %s, true) AS a, "  # noqa: S608 - query is a constant
            "set_config('app.actor', %s, true) AS b, set_config('app.request', %s, true) AS c")


async def _answered(fd: int) -> None:
    """Wait until there is something to read."""
    loop, something = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(fd, something.set)
    try:
        await something.wait()
    finally:
        loop.remove_reader(fd)


def constraint(error: Exception) -> str | None:
    """The name of the constraint or index that refused a row, or None for any other error."""
    origin = _origin(error)
    return origin.diag.constraint_name if isinstance(origin, psycopg.Error) else None


def sqlstate(error: Exception) -> str | None:
    """The five-character SQLSTATE of a database error, or None when it is none."""
    origin = _origin(error)
    return origin.sqlstate if isinstance(origin, psycopg.Error) else None


def absence(error: Exception) -> str | None:
    """Why the server cannot be used right now, as the beginning of a sentence; None for any other error."""
    if not away(error):
        return None
    origin = _origin(error)
    cause = origin.__cause__ if isinstance(origin, CommitUnknown) else origin
    return ("The database has no room left on its disk" if isinstance(cause, pg.DiskFull)
            else "The database cannot be reached right now")


def detail(error: Exception) -> str:
    """What the database said beside its message; empty for an error that is none of its own."""
    origin = _origin(error)
    return (origin.diag.message_detail or "") if isinstance(origin, psycopg.Error) else ""


def locked(error: Exception) -> bool:
    """True when somebody else held a row for longer than `lock_timeout`."""
    return isinstance(_origin(error), pg.LockNotAvailable)


def away(error: Exception) -> bool:
    """True when the server could not be reached, or a connection broke, so that the request may be sent again."""
    origin = _origin(error)
    if isinstance(origin, psycopg.OperationalError):
        return _lost(origin)
    return isinstance(origin, CommitUnknown | PoolTimeout | OSError)


def _lost(error: psycopg.OperationalError) -> bool:
    """True when the connection or the server went away; psycopg files much else under OperationalError, too."""
    return error.sqlstate is None or (error.sqlstate[:2] in _LOST_CLASSES and not isinstance(error, pg.QueryCanceled))


def _origin(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, DBAPIError) and error.orig else error
