"""uvicorn's HTTP protocol with the bounds that it lacks: on a request's head and the time it takes to arrive, on the
time an answer takes to be read, on requests that wait behind one another on a line, and on lines.

Without them one connection could fill the memory of the process, and a few thousand that send or read nothing could
hold all its sockets (attack A24). Bodies are bounded where they are read.
"""

import asyncio
import os
import socket
import struct
from contextlib import suppress
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from backend.config import Settings
from backend.web.connections import Connections, places

HEAD_BYTES_MAX = 64 * 1024
REQUEST_SECONDS = 30.0
PATIENCE_SECONDS = 15.0
READ_BYTES_PER_SECOND = 16 * 1024
"""An answer may stand still for PATIENCE_SECONDS; in the long run it must be read at this speed."""
PIPELINED_MAX = 16
_TURN_SECONDS = 0.002
_SEND_BUFFER_BYTES = 128 * 1024
_AT_ONCE = struct.pack("ii", 1, 0)
_COMPLETE = -1
_EMPTY = b"content-length: 0\r\nconnection: close\r\n\r\n"


def limit(settings: Settings) -> None:
    """Bound the connections of this process by the settings and by the descriptors that the system gives."""
    most = places()
    trusted = {one.strip() for one in os.environ.get("FORWARDED_ALLOW_IPS", "").split(",")}
    Bounded.places = Connections(min(settings.connections or most, most), settings.connections_per_address, trusted)


class Bounded(HttpToolsProtocol):
    """Answers 431 to a head of more than HEAD_BYTES_MAX and 408 to a request that takes too long to arrive, refuses a
    connection too many with 429 or 503, and hangs up on whoever does not read or sends far ahead of the answers."""

    seconds = REQUEST_SECONDS
    patience_seconds = PATIENCE_SECONDS
    read_bytes_per_second = READ_BYTES_PER_SECOND
    places: ClassVar[Connections] = Connections()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head = 0
        self._late: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._patience = self.patience_seconds
        self._since = 0.0
        self._behind = False

    # ---- the line

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        self._since = self.loop.time()
        if status := self.places.refusal(self):
            self._refuse(status)
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self.places.leave(self)
        self._arrived()
        self._taken()
        self._unset_keepalive_if_required()  # uvicorn leaves this clock running when a line was reset
        super().connection_lost(exc)

    @property
    def host(self) -> str:
        """The address at the other end."""
        return self.client[0] if self.client else ""

    def waits_since(self) -> tuple[int, float] | None:
        """(0, time) while what was sent is not read, (1, time) while no whole request is there, None while busy."""
        if self._unread is not None:
            return 0, self._since
        return (1, self._since) if self._idle or self._late is not None else None

    @property
    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def drop(self) -> None:
        """Hang up and forget what is still to be sent, also the system's share, which it would keep for minutes."""
        with suppress(OSError):  # closed already
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.transport.abort()

    # ---- requests: how large, how long, how many

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head != _COMPLETE:
            self._head += len(data)
            if self._head > HEAD_BYTES_MAX:
                self._refuse(431)
        if len(self.pipeline) > PIPELINED_MAX:
            self.drop()
        elif self.transport.is_closing():
            self._close()
        elif self._late is None and self._idle:
            self._wait()  # a line break between requests begins none, but it ended uvicorn's own waiting

    def on_message_begin(self) -> None:
        self._head = 0
        self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head = _COMPLETE
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._arrived()
        super().on_message_complete()

    def _wait(self) -> None:
        self._arrived()
        self._late = self.loop.call_later(self.seconds, self._refuse, 408)

    def _arrived(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _refuse(self, status: int) -> None:
        """Say why, unless an earlier answer is on its way on this line, and hang up."""
        self._arrived()
        if self.transport.is_closing():
            return
        if self._idle or not self.cycle.response_started:
            again = b"retry-after: 1\r\n" if status in (429, 503) else b""
            self.transport.write(STATUS_LINE[status] + again + _EMPTY)
        self._close()

    # ---- answers: how long they may take

    def pause_writing(self) -> None:
        """More waits to be sent than the line holds: from here the reader's time runs, by what there is to read."""
        super().pause_writing()
        self._taken()
        self._patience += self.transport.get_write_buffer_size() / self.read_bytes_per_second
        self._since = self.loop.time()
        self._unread = self.loop.call_later(self._patience, self.drop)

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._patience = min(self.patience_seconds, self._patience - (self.loop.time() - self._since))
            self._taken()
            self._since = self.loop.time()

    def on_response_complete(self) -> None:
        self._behind = True
        super().on_response_complete()
        self._behind = False
        if self._unread is None:
            self._since = self.loop.time()
        if self.transport.is_closing():
            self._close()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """Begin a request; one that came together with others lets those of other lines go first, the longer the more
        lines there are: thousands that ask ahead are then no louder than few."""
        if self._behind:
            self.loop.call_later(len(self.places) * _TURN_SECONDS, self._in_turn, cycle, app)
        else:
            super()._start_asgi_task(cycle, app)

    def _in_turn(self, cycle: Any, app: Any) -> None:
        if not self.transport.is_closing():
            super()._start_asgi_task(cycle, app)

    def timeout_keep_alive_handler(self) -> None:
        self._close()

    def _close(self) -> None:
        """Close as soon as everything is sent, and at last when patience ends."""
        self.transport.close()
        if self._unread is None:
            self._unread = self.loop.call_later(self.patience_seconds, self.drop)

    def _taken(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
