"""uvicorn's HTTP protocol with the two bounds that it lacks: a request's head has a size, and a request has an end.

Without the first one connection could fill the memory of the process, without the second a few thousand could hold
all its sockets (attack A24). Bodies are bounded where they are read.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024
REQUEST_SECONDS = 30.0
_COMPLETE = -1


class Bounded(HttpToolsProtocol):
    """Answers 431 to a head of more than HEAD_BYTES_MAX and 408 to a request that takes too long to arrive."""

    seconds = REQUEST_SECONDS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head = 0
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head != _COMPLETE:
            self._head += len(data)
            if self._head > HEAD_BYTES_MAX:
                self._refuse(431)

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
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
