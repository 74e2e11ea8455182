"""Writes the log of requests beside the requests: gathered in memory, cleaned and stored a few times a second.

Nothing waits for it. When PostgreSQL is away the newest entries are kept up to a bound, and those beyond it are counted
and dropped. The commit does not wait for the disk: a power cut may cost the last second of the log, never a payment.
"""

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
import structlog

from backend.accounts import api_keys
from backend.context import Runtime
from backend.db import away
from backend.requests import cleaning, rows, sql

log = structlog.get_logger(__name__)

BYTES_MAX = 8_000_000
BATCH, BATCH_BYTES = 200, 1_000_000
LARGE = 16 * 1024
"""Bytes from which cleaning is work for a thread: in the loop all requests would wait for it."""
KEPT_DAYS = 30
_PAUSE_SECONDS = 0.4
_PAUSE_SECONDS_MAX = 5.0
_LAST_SECONDS = 5.0
_OWN_BYTES = 1000
"""Of an entry without its request and answer: the object, its times, names and addresses."""
_USES_EVERY = 20
"""Rounds between two notes of when keys were used: about eight seconds."""


@dataclass(slots=True)
class Entry:
    """One request as it was received and answered, not cleaned yet."""

    env: int
    at: datetime
    id: str
    method: str
    path: str
    raw: bytes
    json: bool
    status: int
    ms: float
    answer: bytes
    key_id: str
    version: str
    idempotency_key: str | None
    ip: str
    user_agent: str

    @property
    def bytes(self) -> int:
        """The memory that it holds."""
        return len(self.raw) + len(self.answer) + _OWN_BYTES


class Writer:
    """The log of one process; `note` never waits and never raises."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._waiting: deque[Entry] = deque()
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._day: Any = None
        self._uses: dict[str, tuple[datetime, str]] = {}
        self.dropped = 0
        self.written = 0

    def note(self, entry: Entry) -> None:
        """Remember a request to be written soon."""
        entry.raw, entry.answer = _kept(entry.raw), _kept(entry.answer)
        if self._bytes + entry.bytes > BYTES_MAX:
            self.dropped += 1
            return
        self._waiting.append(entry)
        self._bytes += entry.bytes
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="request-log")

    async def close(self) -> None:
        """Write what is waiting, if PostgreSQL answers within a few seconds, and stop."""
        self._closing.set()
        if self._task:
            await asyncio.wait([self._task], timeout=_LAST_SECONDS)
            self._task.cancel()

    async def _run(self) -> None:
        rounds, pause, told = 0, _PAUSE_SECONDS, 0
        last = False
        while not last:
            last = self._closing.is_set()
            try:
                await self._drain()
                rounds, pause = rounds + 1, _PAUSE_SECONDS
                if self._uses and (last or rounds % _USES_EVERY == 1):
                    uses, self._uses = self._uses, {}
                    await api_keys.used(self._runtime, uses)
            except Exception as error:  # PostgreSQL away: keep what fits and try again
                pause = min(pause * 2, _PAUSE_SECONDS_MAX)
                log.warning("request_log_waits", error=type(error).__name__, entries=len(self._waiting))
            if self.dropped > told:
                log.warning("requests_not_logged", entries=self.dropped - told, all=self.dropped)
                told = self.dropped
            if not last:
                await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return

    async def _drain(self) -> None:
        """Write everything that waits, a batch of one environment at a time."""
        today = self._runtime.clock.now().date()
        if self._waiting and today != self._day:
            await keep_days(self._runtime)
            self._day = today
        while self._waiting:
            batch = self._batch()
            by_env: dict[int, list[Entry]] = defaultdict(list)
            for entry in batch:
                by_env[entry.env].append(entry)
            for env, entries in by_env.items():
                await self._write(env, entries)
            for _ in batch:  # only now: what could not be written stays, and is written once
                entry = self._waiting.popleft()
                self._bytes -= entry.bytes
                self._uses[entry.key_id] = (entry.at, entry.ip)
            self.written += len(batch)
            await asyncio.sleep(0)

    def _batch(self) -> list[Entry]:
        """The oldest entries, as many as one statement takes well; one at least."""
        batch: list[Entry] = []
        size = 0
        for entry in islice(self._waiting, BATCH):
            size += entry.bytes
            if batch and size > BATCH_BYTES:
                break
            batch.append(entry)
        return batch

    async def _write(self, env: int, entries: list[Entry]) -> None:
        lines = []
        for entry in entries:
            lines.append(await asyncio.to_thread(_row, entry) if entry.bytes > LARGE else _row(entry))
        try:
            await self._insert(env, lines)
        except Exception as error:
            if away(error):
                raise
            log.warning("request_log_refused", error=f"{type(error).__name__}: {error}"[:300], entries=len(lines))
            for row in lines:  # one that PostgreSQL cannot take must not cost the others
                try:
                    await self._insert(env, [row])
                except Exception as again:
                    if away(again):
                        raise
                    self.dropped += 1

    async def _insert(self, env: int, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            rows.REQUEST.check(line)
        await self._runtime.db.execute(env, sql.REQUESTS_INSERT, {"env": env, "rows": orjson.dumps(lines).decode()})


async def keep_days(runtime: Runtime) -> int:
    """Make the tables of the next days and drop those whose time is over; returns how many were dropped."""
    dropped: int = await runtime.db.call(0, "pay.request_days(%s)", (KEPT_DAYS,))
    return dropped


def _kept(given: bytes) -> bytes:
    """A copy of as much as will be read: what orjson makes holds several times its length in memory."""
    return bytes(memoryview(given)[:cleaning.READ_MAX])


def _row(entry: Entry) -> dict[str, Any]:
    """The entry as it is stored: nothing in it is a card number, a key or a client secret."""
    answer = cleaning.text(entry.answer)
    params = cleaning.parameters(entry.raw, json=entry.json)
    path = cleaning.short(entry.path[:2000])[:500]
    return {
        "at": entry.at, "id": entry.id, "method": entry.method, "path": path, "status": entry.status,
        "ms": round(entry.ms, 2), "code": cleaning.code(answer) if entry.status >= 400 else None,
        "key_id": entry.key_id, "version": entry.version, "ip": entry.ip[:64],
        "idempotency_key": entry.idempotency_key and cleaning.short(entry.idempotency_key),
        "user_agent": cleaning.short(entry.user_agent[:2000])[:300], "params": params,
        "answer": answer[:cleaning.KEPT_MAX], "objects": cleaning.objects(path, params, answer)}
