"""An append-only file of JSON lines whose answers wait for the disk: group commit by one writer thread.

What arrives while the disk is busy is collected and written with one write and one fdatasync; only then are the
waiting callbacks run. So nothing that was acknowledged can be lost by kill -9.
"""

import asyncio
import fcntl
import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson


class JournalError(Exception):
    """The file cannot be used; the message is one sentence for the operator."""


def read(path: Path) -> tuple[list[dict[str, Any]], int, int]:
    """All whole records, the byte where they end, and the size of the file.

    A torn end (the process died while writing) is left out. A bad line *before* a good one is damage, not a torn
    end: then JournalError is raised, since guessing would hide money.
    """
    raw = path.read_bytes() if path.exists() else b""
    records: list[dict[str, Any]] = []
    good = at = number = 0
    torn_line = 0
    while at < len(raw):
        stop = raw.find(b"\n", at)
        number += 1
        record = _parse(raw[at:stop]) if stop >= 0 else None
        if record is None:
            torn_line = torn_line or number
        elif torn_line:
            raise JournalError(f"The journal {path} is damaged in line {torn_line}; restore it before starting.")
        else:
            records.append(record)
            good = stop + 1
        if stop < 0:
            break
        at = stop + 1
    return records, good, len(raw)


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return record if isinstance(record, dict) else None


class Journal:
    """One open journal. `append` and `when_durable` are called from the event loop only.

    `on_failure(sentence)` is called once if the disk refuses; after that nothing is ever acknowledged, because after
    a failed fsync nobody knows what is on the disk.
    """

    def __init__(self, path: Path, on_failure: Callable[[str], None]) -> None:
        self.path = path
        self._on_failure = on_failure
        self._fd = _open_locked(path)
        try:
            self.records, good, size = read(path)
            self.cut_bytes = size - good
            if self.cut_bytes:
                os.ftruncate(self._fd, good)
                os.fsync(self._fd)
        except BaseException:
            os.close(self._fd)
            raise
        self._lines: list[bytes] = []
        self._waiting: list[Callable[[], object]] = []
        self._flushing: list[Callable[[], object]] | None = None
        self._failed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._idle: asyncio.Future[None] | None = None
        self._work: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_batches, name=path.name, daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to write; `records` is released, its reader is done with it."""
        self._loop = loop
        self.records = []
        self._thread.start()

    def append(self, record: dict[str, Any]) -> None:
        """Queue one record for the next batch."""
        self._lines.append(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))

    def when_durable(self, callback: Callable[[], object]) -> None:
        """Run `callback` once everything appended so far is on disk; at once if it is."""
        if self._flushing is None and not self._lines and not self._failed:
            callback()
            return
        self._waiting.append(callback)
        if self._flushing is None:
            self._flush()

    async def close(self) -> None:
        """Write what is queued, run its callbacks, then let go of the file."""
        if self._flushing is None and self._lines:
            self._flush()
        if self._flushing is not None and not self._failed:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle
        if self._thread.is_alive():
            self._work.put(None)
            self._thread.join()
        os.close(self._fd)

    def _flush(self) -> None:
        if self._failed:
            return
        self._flushing, self._waiting = self._waiting, []
        lines, self._lines = self._lines, []
        self._work.put(b"".join(lines))

    def _write_batches(self) -> None:
        assert self._loop is not None
        while (batch := self._work.get()) is not None:
            sentence = ""
            try:
                _write_all(self._fd, batch)
                os.fdatasync(self._fd)
            except OSError as error:
                sentence = f"The journal {self.path} cannot be written: {error.strerror}."
            self._loop.call_soon_threadsafe(self._written, sentence)

    def _written(self, sentence: str) -> None:
        if sentence:
            self._failed = True
            self._on_failure(sentence)
            return
        done, self._flushing = self._flushing or [], None
        if self._lines:
            self._flush()
        else:  # whoever came meanwhile added nothing: all of it is on disk by now
            done, self._waiting = done + self._waiting, []
        for callback in done:
            callback()
        if self._idle is not None and self._flushing is None and not self._idle.done():
            self._idle.set_result(None)


def _open_locked(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise JournalError(f"The journal {path} is in use by another sandbox.") from None
    if new:
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)  # otherwise the file's own name could be lost
        os.close(folder)
    return fd


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data):]
