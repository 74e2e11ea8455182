"""An acquirer: an ISO 8583 server whose journal is on disk before it answers.

Each connection carries many messages at once; answers leave as soon as their batch is durable, in any order.
"""

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sandbox import dialect, faults, issuer
from sandbox.books import BAD_AMOUNT, DUPLICATE, INVALID, REVERSED, Books, Entry
from sandbox.cards import brand_of
from sandbox.currencies import ALPHA, NUMERIC
from sandbox.dialect import TAG_KEY, TAG_MORE, TAG_ORIGINAL, TAG_ORIGINAL_CODE, TAG_STATUS
from sandbox.faults import APPROVE, Control
from sandbox.journal import Journal

Fields = dict[str, str]

_KINDS = {"0100": "authorize", "0200": "sale", "0220": "capture", "0400": "void", "0420": "cancel",
          "0600": "inquiry", "0800": "echo"}
_ANSWERS = {mti: mti[:2] + chr(ord(mti[2]) + 1) + mti[3] for mti in _KINDS}
_ECHOED = ("3", "4", "7", "11", "41", "49", "70")
_GARBAGE = b"\x00\x10" + b"\xff" * 16


class Acquirer:
    """One acquirer with its books, journal and faults."""

    def __init__(self, name: str, data: Path, issuer_secret: bytes, on_failure: Callable[[str], None]) -> None:
        self.name = name
        self.control = Control()
        self.books = Books(name)
        self.journal = Journal(data / "sandbox" / f"{name}.journal.jsonl", on_failure)
        for record in self.journal.records:
            self.books.apply(record)
        self._secret = issuer_secret
        self._stopped = False
        self._awaited: dict[str, tuple[str, asyncio.TimerHandle]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._loop = asyncio.get_running_loop()
        self._server = await self._loop.create_server(lambda: _Connection(self), host, port, backlog=1024)
        self.journal.start(self._loop)
        for key, what in self.books.waiting():
            self._await(key, what)

    async def close(self) -> None:
        """Stop listening, write what is queued, answer it, hang up."""
        self._stopped = True
        if self._server is not None:
            self._server.close()
        await self.journal.close()
        for connection in list(self._connections):
            connection.hang_up()

    # ---- one message

    def receive(self, connection: "_Connection", body: bytes) -> None:
        """Handle one message; raises ValueError (or KeyError) for anything that is not our dialect."""
        fields = dialect.decode(body)
        kind = _KINDS[fields["t"]]
        if kind == "sale" and fields["3"].startswith("20"):
            kind = "refund"
        if kind == "echo":
            connection.write(_frame(_answer(fields, "00")))
            return
        tags = dialect.read_tags(fields["48"])
        if kind == "authorize" and TAG_ORIGINAL in tags:
            kind = "increment"
        if self.control.quiet:
            self._process(connection, fields, tags, kind, APPROVE, "")
            return
        key = tags.get(TAG_KEY) or tags.get(TAG_ORIGINAL, "")
        fault, code = self.control.draw(key, kind, fields.get("2", "")[-4:], int(fields.get("4", 0)))
        if fault == faults.DELIVER_LATE:
            self._later(self.control.late_ms, partial(self._process, None, fields, tags, kind, APPROVE, ""))
        elif fault == faults.ERROR_91:
            self._reply(connection, _frame(_answer(fields, "91", tags)))
        elif fault != faults.DROP:
            self._process(connection, fields, tags, kind, fault, code)

    def _process(self, connection: "_Connection | None", fields: Fields, tags: Fields, kind: str, fault: str,
                 forced: str) -> None:
        answer = self._inquire(fields, tags) if kind == "inquiry" else self._decide(fields, tags, kind, fault, forced)
        if connection is None or fault == faults.APPROVE_SILENT:
            self.journal.when_durable(_nothing)
        elif fault in (APPROVE, faults.DECLINE):
            self._reply(connection, _frame(answer))
        else:
            self._misbehave(connection, fault, answer)

    def _decide(self, fields: Fields, tags: Fields, kind: str, fault: str, forced: str) -> Fields:
        key, original = tags.get(TAG_KEY, ""), tags.get(TAG_ORIGINAL)
        digits, currency = fields.get("4", "0"), ALPHA.get(fields.get("49", ""), "")
        if not key or not digits.isdigit() or (not currency and kind != "cancel"):
            return _answer(fields, INVALID, tags)
        amount = int(digits)
        if kind == "authorize" and amount == 0:
            kind = "verify"  # the issuer's word on a card that is to be kept: no money, and asked about like any other
        books = self.books
        if self.control.honour_keys and books.clashes(key):
            entry = books.repeated(key, kind, amount, currency, original)
            if entry is not None:
                # What was undone must not be read as approved: a message that comes again after its cancel is dead.
                code = DUPLICATE if entry.status == REVERSED else entry.code
                return _answer(fields, code, tags, entry, books.prefix)
            if not books.buried(key):  # the key is taken by another message: no second effect, nothing to write
                return _answer(fields, DUPLICATE, tags, status=books.entries[key].status)
        checks, card, final = "", None, TAG_MORE not in tags
        if kind in ("authorize", "sale", "verify"):
            number = fields.get("2", "")
            card = (number[-4:], brand_of(number))
            code, checks = self._ask_issuer(fields, tags, number, amount)
            if kind == "sale" and amount == 0:
                code = BAD_AMOUNT
        else:
            code = books.refusal(kind, amount, currency, original, final=final)
            if kind == "cancel" and not self.control.keep_tombstones and original not in books.entries:
                original = None
        if fault == faults.DECLINE:
            code = forced
        record = books.record(_now(), key, kind, amount, currency, original, code, checks, card, final=final)
        self.journal.append(record)
        if what := books.awaits(books.entries[key]):
            self._await(key, what)
        return _answer(fields, record["response_code"], tags, books.entries[key], books.prefix)

    def adopt(self, control: Control) -> None:
        """Go on with other settings. A new `refund_ms` counts from now for the refunds that wait as well."""
        waits = {} if control.refund_ms == self.control.refund_ms else self._awaited
        self.control = control
        for key, (what, timer) in list(waits.items()):
            timer.cancel()
            self._await(key, what)

    def _await(self, key: str, what: str) -> None:
        """A refund of a special test card: what becomes of it is recorded later, and nobody is told."""
        self._awaited[key] = what, self._later(self.control.refund_ms, partial(self._happen, key, what))

    def _happen(self, key: str, what: str) -> None:
        del self._awaited[key]
        record = None if self._stopped else self.books.later(_now(), key, what)
        if record is not None:
            self.journal.append(record)
            self.journal.when_durable(_nothing)

    def _ask_issuer(self, fields: Fields, tags: Fields, number: str, amount: int) -> tuple[str, str]:
        get = tags.get
        return issuer.decide(
            issuer.Request(number, fields.get("14", ""), amount, get("92", ""), get("93", ""), get("94", ""),
                           get("42", ""), get("43", ""), get("44", "")), self._secret)

    def _inquire(self, fields: Fields, tags: Fields) -> Fields:
        asked = tags.get(TAG_ORIGINAL, "")
        answer = _answer(fields, "00")
        entry = self.books.entries.get(asked)
        told = {TAG_KEY: tags.get(TAG_KEY, ""), TAG_ORIGINAL: asked, TAG_STATUS: _known(entry)}
        if entry is not None:
            told[TAG_ORIGINAL_CODE] = entry.code
            if entry.kind and entry.currency:
                answer["4"], answer["49"] = f"{entry.amount:012}", NUMERIC[entry.currency]
            _put_references(answer, entry)
        answer["48"] = dialect.write_tags(told)
        return answer

    # ---- answering

    def _reply(self, connection: "_Connection", frame: bytes, extra_ms: float = 0.0) -> None:
        delay = self.control.latency_ms + extra_ms
        send = partial(connection.write, frame)
        self.journal.when_durable(partial(self._later, delay, send) if delay else send)

    def _later(self, delay_ms: float, action: Callable[[], None]) -> asyncio.TimerHandle:
        assert self._loop is not None
        return self._loop.call_later(delay_ms / 1000, action)

    def _misbehave(self, connection: "_Connection", fault: str, answer: Fields) -> None:
        if fault == faults.ANSWER_TWICE:
            self._reply(connection, _frame(answer) * 2)
        elif fault == faults.APPROVE_LATE:
            self._reply(connection, _frame(answer), self.control.late_ms)
        elif fault == faults.APPROVE_THEN_96:
            self._reply(connection, _frame({**answer, "39": "96"}))
        elif fault == faults.GARBAGE:
            self._reply(connection, _GARBAGE)
        else:
            frame = _frame(answer)
            self._reply(connection, frame[:len(frame) // 2])
            self.journal.when_durable(partial(self._later, self.control.latency_ms, connection.hang_up))


class _Connection(asyncio.Protocol):
    """Cuts the byte stream into messages and writes frames back."""

    def __init__(self, acquirer: Acquirer) -> None:
        self._acquirer = acquirer
        self._transport: Any = None
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._acquirer._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._acquirer._connections.discard(self)

    def pause_writing(self) -> None:
        self._transport.pause_reading()  # a client that does not read its answers gets no more of them

    def resume_writing(self) -> None:
        self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        at, end = 0, len(data)
        while end - at >= 2:
            stop = at + 2 + (data[at] << 8 | data[at + 1])
            if stop - at > dialect.FRAME_MAX:
                self._refuse("a frame that is too long")
                return
            if stop > end:
                break
            try:
                self._acquirer.receive(self, data[at + 2:stop])
            except (ValueError, KeyError):
                self._refuse("bytes that are not our dialect")
                return
            at = stop
        self._rest = data[at:]

    def write(self, frame: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(frame)

    def hang_up(self) -> None:
        self._transport.close()

    def _refuse(self, what: str) -> None:
        # The bytes themselves are not shown: they may hold a card number.
        print(f"{self._acquirer.name}: received {what}; connection closed", file=sys.stderr, flush=True)
        self._rest = b""
        self._transport.close()


def _answer(fields: Fields, code: str, tags: Fields | None = None, entry: Entry | None = None, prefix: str = "",
            status: str = "") -> Fields:
    answer = {number: fields[number] for number in _ECHOED if number in fields}
    answer["t"] = _ANSWERS[fields["t"]]
    answer["39"] = code
    if tags is not None:
        told = {TAG_KEY: tags.get(TAG_KEY, ""), TAG_ORIGINAL: tags.get(TAG_ORIGINAL, "")}
        if entry is not None:
            _put_references(answer, entry)
            if entry.checks:
                answer["44"] = entry.checks
                answer["63"] = f"{ord(prefix[0]):02}{ord(prefix[1]):02}{entry.seq:011}"
            status = entry.status if code == DUPLICATE else ""
        if status:
            told[TAG_STATUS] = status
        answer["48"] = dialect.write_tags(told)
    return answer


def _known(entry: Entry | None) -> str:
    if entry is None:
        return "not_found"
    return "returned" if entry.returned else entry.status


def _put_references(answer: Fields, entry: Entry) -> None:
    if entry.ref is not None:
        answer["37"] = entry.ref
    if entry.auth is not None:
        answer["38"] = entry.auth


def _frame(answer: Fields) -> bytes:
    return dialect.encode(answer)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _nothing() -> None:
    """Waits for the disk without answering."""
