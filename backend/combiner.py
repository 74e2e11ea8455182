"""Group commit in the application: writes (and reads, `Database.ask`) that come at one moment share one transaction.

A payment costs two commits, and every commit of a merchant's payments locks the same few ledger accounts. Sent one by
one they queue behind each other's fsync; joined, they lock once and sync once. While one commit is under way the next
writes gather, so a lone write never waits and a crowd shares. Measured in docs/decisions.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from backend import crash

Doc = dict[str, list[Any]]
Send = Callable[[int, Doc], Awaitable[Any]]

BATCH_MAX = 64


class Combiner:
    """Joins documents whose values are lists. Writes that touch the books and those that do not run side by side."""

    def __init__(self, send: Send, refused: Callable[[Exception], bool],
                 idle: Callable[[Any], bool] = lambda _: False) -> None:
        """`refused(error)` is true when the database rolled the whole commit back because of something in it, and
        `idle(result)` when it wrote nothing because of one document, whose answer the result is."""
        self._send, self._refused, self._idle = send, refused, idle
        self._waiting: dict[tuple[int, bool], list[tuple[Doc, asyncio.Future[Any]]]] = defaultdict(list)
        self._running: dict[tuple[int, bool], asyncio.Task[None]] = {}

    async def write(self, env: int, doc: Doc) -> Any:
        """Write `doc` in `env` in one commit, perhaps together with others; returns or raises what is its own."""
        lane, future = (env, "entries" in doc), asyncio.get_running_loop().create_future()
        self._waiting[lane].append((doc, future))
        if lane not in self._running:
            self._running[lane] = asyncio.create_task(self._drain(lane))
        return await future

    async def _drain(self, lane: tuple[int, bool]) -> None:
        try:
            if crash.armed:
                await crash.gathering()
            while batch := self._waiting[lane][:BATCH_MAX]:
                del self._waiting[lane][:BATCH_MAX]
                await self._write(lane[0], batch)
        finally:
            del self._running[lane]
            _tell(self._waiting.pop(lane, []), error=asyncio.CancelledError())  # there are some only at the very end

    async def _write(self, env: int, batch: list[tuple[Doc, asyncio.Future[Any]]]) -> None:
        """One commit for the whole batch; when the database refuses it, or does nothing, nothing of it was done: one by
        one then."""
        try:
            result = await self._send(env, _joined([doc for doc, _ in batch]))
        except Exception as error:
            if len(batch) == 1 or not self._refused(error):
                _tell(batch, error=error)
                return
            await self._one_by_one(env, batch)
        except BaseException as error:
            _tell(batch, error=error)
            raise
        else:
            if len(batch) > 1 and self._idle(result):
                await self._one_by_one(env, batch)
            else:
                _tell(batch, result)

    async def _one_by_one(self, env: int, batch: list[tuple[Doc, asyncio.Future[Any]]]) -> None:
        try:
            for one in batch:
                await self._write(env, [one])
        finally:
            _tell(batch, error=asyncio.CancelledError())  # nobody is left waiting when this is cancelled half-way


def _joined(docs: list[Doc]) -> Doc:
    if len(docs) == 1:
        return docs[0]
    joined: Doc = {}
    for doc in docs:
        for name, values in doc.items():
            joined.setdefault(name, []).extend(values)
    return joined


def _tell(batch: list[tuple[Doc, "asyncio.Future[Any]"]], result: Any = None,
          error: BaseException | None = None) -> None:
    for _, future in batch:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
