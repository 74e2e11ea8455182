"""The bank that collects debits: it accepts at once, decides later, and tells the end to whoever asks by his reference.

Its journal is on disk before it answers, its books are those of the acquirers. It lives in the time that the messages
name, so a debit that takes minutes can be tried without waiting for them.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from sandbox import accounts, faults
from sandbox.books import BAD_AMOUNT, DECIDED, IN_PROGRESS, PENDING, Books, Entry
from sandbox.faults import DECLINE, Control
from sandbox.journal import Journal

NAME = "bank"
_KINDS = ("sale", "refund", "cancel")
_SILENT = (faults.APPROVE_SILENT, faults.APPROVE_LATE, faults.APPROVE_THEN_96, faults.GARBAGE, faults.HALF_MESSAGE)
_LOST = (faults.DROP, faults.ERROR_91, faults.DELIVER_LATE)
Json = dict[str, Any]


class Bank:
    """One bank with its books, journal and faults."""

    def __init__(self, data: Path, on_failure: Callable[[str], None]) -> None:
        self.name, self.control, self.books = NAME, Control(), Books(NAME)
        self.journal = Journal(data / "sandbox" / f"{NAME}.journal.jsonl", on_failure)
        self._ends: dict[str, tuple[str, datetime]] = {}
        for record in self.journal.records:
            self._learn(record)
            self.books.apply(record)

    def start(self) -> None:
        """Begin to write, on the running loop."""
        self.journal.start(asyncio.get_running_loop())

    async def close(self) -> None:
        """Write what is queued and let go of the file."""
        await self.journal.close()

    def adopt(self, control: Control) -> None:
        """Go on with other settings."""
        self.control = control

    async def receive(self, message: Json) -> Json:
        """Take one message; the same message again is the same answer. Raises ValueError for what is none."""
        kind, key, original = message["kind"], str(message["key"]), message.get("original_key")
        amount, currency = int(message.get("amount") or 0), str(message.get("currency") or "").upper()
        if kind not in _KINDS or not key or (kind != "sale" and not original):
            raise ValueError("no such message")
        at = _moment(message.get("at"))
        books = self.books
        if books.clashes(key):
            entry = books.repeated(key, kind, amount, currency, original)
            if entry is not None or not books.buried(key):
                await self._durable()
                return _told(entry or Entry(key, status="refused"))
        if kind == "sale":
            reason, delay = accounts.behaviour(str(message["account"]))
            code = IN_PROGRESS if amount > 0 else BAD_AMOUNT
        else:
            reason, delay, code = "", 0.0, books.refusal(kind, amount, currency, original)
        record = books.record(at.isoformat(), key, kind, amount, currency, original, code, "")
        if kind == "sale":
            record |= {"reason": reason, "due": (at + timedelta(seconds=delay)).isoformat()}
        self._learn(record)
        self.journal.append(record)
        await self._durable()
        return _told(books.entries[key])

    async def tell(self, key: str, at: datetime) -> Json:
        """What became of a message; a debit whose time has come is decided now, and on disk before it is told."""
        entry, end = self.books.entries.get(key), self._ends.get(key)
        if entry and end and entry.status == PENDING and end[0] != accounts.NEVER and end[1] <= at:
            record = self.books.later(at.isoformat(), key, DECIDED, end[0])
            if record is not None:
                self.journal.append(record)
        await self._durable()
        return _told(entry) if entry else {"status": "not_found"}

    def _learn(self, record: Json) -> None:
        if "due" in record:
            self._ends[record["network_key"]] = (record["reason"], datetime.fromisoformat(record["due"]))

    async def _durable(self) -> None:
        """Wait until all that was written so far is on disk: nothing is told before."""
        durable = asyncio.Event()
        self.journal.when_durable(durable.set)
        await durable.wait()


def _told(entry: Entry) -> Json:
    return {"status": entry.status, "acquirer_ref": entry.ref, "response_code": entry.code,
            "amount": entry.amount if entry.kind else None, "currency": entry.currency if entry.kind else None}


def _moment(given: Any) -> datetime:
    return datetime.fromisoformat(str(given)) if given else datetime.now(UTC)


def _answer(body: Json, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, {"cache-control": "no-store"}, "application/json")


async def receive(request: Request) -> Response:
    """POST /bank/messages: a debit, a refund or a cancel."""
    bank: Bank = request.app.state.bank
    try:
        message = orjson.loads(await request.body())
        fault, code = bank.control.draw(str(message["key"]), str(message["kind"]), str(message.get("account"))[-4:],
                                        int(message.get("amount") or 0))
        if fault in _LOST:
            return _answer({"error": "lost"}, 504)
        if fault == DECLINE:
            return _answer({"status": "declined", "acquirer_ref": None, "response_code": code})
        told = await bank.receive(message)
    except (ValueError, KeyError, TypeError, orjson.JSONDecodeError):
        return _answer({"error": "This is no message of ours."}, 400)
    return _answer({"error": "lost"}, 504) if fault in _SILENT else _answer(told)


async def tell(request: Request) -> Response:
    """GET /bank/messages/{key}: what became of it; `at` is the time that the asker lives in."""
    bank: Bank = request.app.state.bank
    try:
        at = _moment(request.query_params.get("at"))
    except ValueError:
        return _answer({"error": "at is no moment."}, 400)
    return _answer(await bank.tell(request.path_params["key"], at))
