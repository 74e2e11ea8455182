"""Lines to an acquirer: one long-lived TCP connection each, many messages in flight, answers in any order.

What matters is knowledge: `NotSent` says that surely no byte of the message left; `NoAnswer` says that nobody knows.
"""

import asyncio
from typing import Any

import structlog

from backend import crash
from backend.clock import Clock
from backend.networks import dialect
from backend.networks.dialect import Fields

log = structlog.get_logger(__name__)

IN_FLIGHT_MAX = 10_000
STAN_MAX = 999_999
BACKOFF_SECONDS_MIN = 0.05
BACKOFF_SECONDS_MAX = 1.0
KEEPALIVE_SECONDS = 20.0
ECHO_SECONDS = 5.0
CONNECT_SECONDS_MAX = 3.0
_MONEY = frozenset({"0100", "0200", "0220", "0400"})
"""Message types that move money: the ones that pass crash points."""


class NotSent(Exception):
    """No byte of the message was written."""


class NoAnswer(Exception):
    """The message left (at least in part), and no usable answer came."""


class Line:
    """One connection, made when first needed and again after it broke."""

    def __init__(self, name: str, host: str, port: int, terminal: str, clock: Clock) -> None:
        self._log = log.bind(connector=name, terminal=terminal)
        self._host, self._port, self._clock = host, port, clock
        self._terminal = dialect.padded(terminal, 8)
        self._wire: _Wire | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._pending: dict[str, asyncio.Future[Fields]] = {}
        self._stan = 0
        self._stamp, self._stamp_until = "", 0.0
        self._delay, self._not_before = 0.0, 0.0
        self._heard_at = 0.0
        self._keepalive: asyncio.TimerHandle | None = None
        self._echo: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def up(self) -> bool:
        """True while there is a connection to write to."""
        return self._wire is not None and not self._wire.transport.is_closing()

    @property
    def load(self) -> int:
        """Messages in flight."""
        return len(self._pending)

    async def exchange(self, fields: Fields, deadline: float) -> Fields:
        """Send one message and wait for its answer, `deadline` seconds in all; fills fields 7, 11 and 41.

        Raises NotSent or NoAnswer. ValueError means that the message cannot be encoded; nothing was sent.
        """
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + deadline
        if not self.up:
            await self._connect(deadline)
        wire = self._wire
        if wire is None:
            raise NotSent("the connection broke before the message was written")
        if len(self._pending) >= IN_FLIGHT_MAX:
            raise NotSent("too many messages in flight")
        money = crash.armed and fields["t"] in _MONEY
        if money:
            await crash.reached("call_connected")
        ticket = self._stamp_fields(fields, loop.time())
        frame = dialect.encode(fields)
        if loop.time() >= ends_at:
            raise NotSent("no time left")
        waiter: asyncio.Future[Fields] = loop.create_future()
        self._pending[ticket] = waiter
        timer = loop.call_at(ends_at, _expire, waiter)
        try:
            if money:
                await self._half_written(frame)
            wire.transport.write(frame)
            if money:
                await crash.reached("call_written")
            return await waiter
        finally:
            timer.cancel()
            self._pending.pop(ticket, None)

    async def _half_written(self, frame: bytes) -> None:
        """Only under CRASH_AT. A connection that carries half a message takes no other: each has one of its own."""
        if crash.next("call_half_written"):
            _, writer = await asyncio.open_connection(self._host, self._port)
            writer.write(frame[:len(frame) // 2])
            await writer.drain()
        await crash.reached("call_half_written")

    async def close(self) -> None:
        """Hang up for good."""
        self._closed = True
        if self._connecting is not None:
            self._connecting.cancel()
        if self._echo is not None:
            self._echo.cancel()
        self._drop("closed")

    # ---- connecting

    async def _connect(self, deadline: float) -> None:
        """One attempt at a time, shared by all who wait. A caller's deadline never cancels the others' attempt."""
        loop = asyncio.get_running_loop()
        if self._closed:
            raise NotSent("closed")
        if self._connecting is None:
            if loop.time() < self._not_before:
                raise NotSent("the acquirer cannot be reached")
            self._connecting = loop.create_task(self._dial())
            self._connecting.add_done_callback(self._dialled)
        await asyncio.wait({self._connecting}, timeout=max(0.0, deadline))
        if not self.up:
            raise NotSent("the acquirer cannot be reached")

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                await loop.create_connection(lambda: _Wire(self), self._host, self._port)
        except (OSError, TimeoutError) as error:
            self._delay = min(BACKOFF_SECONDS_MAX, self._delay * 2 or BACKOFF_SECONDS_MIN)
            self._not_before = loop.time() + self._delay
            self._log.warning("acquirer_unreachable", error=str(error) or "timeout", retry_in_seconds=self._delay)

    def _dialled(self, task: asyncio.Task[None]) -> None:
        self._connecting = None

    # ---- what the connection tells

    def connected(self, wire: "_Wire") -> None:
        """A connection stands."""
        if self._closed:
            wire.transport.abort()
            return
        self._wire, self._delay = wire, 0.0
        loop = asyncio.get_running_loop()
        self._heard_at = loop.time()
        self._keepalive = loop.call_later(KEEPALIVE_SECONDS, self._check_alive)

    def lost(self, wire: "_Wire", reason: str) -> None:
        """A connection is gone; one that was replaced already may say so late, and is not heard."""
        if wire is self._wire:
            self._drop(reason)

    def heard(self) -> None:
        """Bytes came, so the line is alive."""
        self._heard_at = asyncio.get_running_loop().time()

    def deliver(self, ticket: str, fields: Fields) -> None:
        """Hand an answer to whoever waits for it; late and duplicate answers find nobody."""
        waiter = self._pending.pop(ticket, None)
        if waiter is None or waiter.done():
            self._log.info("late_or_duplicate_answer_dropped", stan=fields["11"], response_code=fields.get("39"))
            return
        waiter.set_result(fields)

    def _drop(self, reason: str) -> None:
        """Hang up; everything in flight has no answer."""
        wire, self._wire = self._wire, None
        if self._keepalive is not None:
            self._keepalive.cancel()
            self._keepalive = None
        if wire is not None:
            wire.transport.abort()
            if not self._closed:
                self._log.warning("acquirer_line_lost", reason=reason, in_flight=len(self._pending))
        pending, self._pending = self._pending, {}
        for waiter in pending.values():
            if not waiter.done():
                waiter.set_exception(NoAnswer(reason))

    # ---- numbering and keeping alive

    def _stamp_fields(self, fields: Fields, now: float) -> str:
        if now >= self._stamp_until:
            self._stamp = self._clock.now().strftime("%m%d%H%M%S")
            self._stamp_until = now + 0.5
        self._stan = self._stan % STAN_MAX + 1
        fields["7"], fields["11"], fields["41"] = self._stamp, f"{self._stan:06}", self._terminal
        return fields["11"] + self._stamp + self._terminal

    def _check_alive(self) -> None:
        loop = asyncio.get_running_loop()
        self._keepalive = loop.call_later(KEEPALIVE_SECONDS, self._check_alive)
        if loop.time() - self._heard_at >= KEEPALIVE_SECONDS and (self._echo is None or self._echo.done()):
            self._echo = loop.create_task(self._send_echo())

    async def _send_echo(self) -> None:
        try:
            await self.exchange({"t": "0800", "70": "301"}, ECHO_SECONDS)
        except (NotSent, NoAnswer) as error:
            self._drop(f"no echo: {error}")


class _Wire(asyncio.Protocol):
    """One TCP connection of a line: cuts the bytes into messages."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._rest = b""
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._line.connected(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._line.lost(self, str(exc) if exc else "the acquirer hung up")

    def data_received(self, data: bytes) -> None:
        self._line.heard()
        if self._rest:
            data = self._rest + data
        at, end = 0, len(data)
        while end - at >= 2:
            stop = at + 2 + (data[at] << 8 | data[at + 1])
            if stop - at > dialect.FRAME_MAX:
                self._line.lost(self, "garbage: a frame that is too long")
                return
            if stop > end:
                break
            try:
                fields = dialect.decode(data[at + 2:stop])
                ticket = fields["11"] + fields["7"] + fields["41"]
            except (ValueError, KeyError):
                self._line.lost(self, "garbage: bytes that cannot be read")
                return
            self._line.deliver(ticket, fields)
            at = stop
        self._rest = data[at:]


def _expire(waiter: "asyncio.Future[Fields]") -> None:
    if not waiter.done():
        waiter.set_exception(NoAnswer("no answer in time"))
