"""The private line to the vault: multiplexed, length-prefixed JSON frames over one TCP connection.

The vault alone speaks to acquirers and sees card numbers, so a payment crosses this line once each way. What matters
about it is knowledge: `NotSent` says that the vault surely never got the request; every other break (`Broken`, a
missed deadline) leaves the outcome unknown, and only a status enquiry may settle it (money rule 1).
"""

import asyncio
import struct
from collections.abc import Callable
from typing import Any, cast

import orjson
import structlog

from backend.crypto import mac

log = structlog.get_logger(__name__)

_LENGTH = struct.Struct(">I")
FRAME_BYTES_MAX = 1 << 20


class NotSent(Exception):
    """The vault could not be reached before a byte was written: nothing happened."""


class Broken(Exception):
    """The line broke, or no answer came in time: the outcome is unknown."""


class Refused(Exception):
    """The vault answered that it will not do this; `code`, `message` and `param` are fit for an API error."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.param = code, message, param


def hello(secret: bytes) -> dict[str, str]:
    """The first frame of a connection: proof that the caller holds the shared secret."""
    return {"hello": mac(secret, "vault-link")}


class FrameProtocol(asyncio.Protocol):
    """Splits a byte stream into frames and hands each decoded one to `on_frame`; used on both ends."""

    def __init__(self, on_frame: Callable[["FrameProtocol", dict[str, Any]], None],
                 on_lost: Callable[["FrameProtocol"], None] | None = None) -> None:
        self._on_frame, self._on_lost = on_frame, on_lost
        self._buffer = bytearray()
        self.transport: asyncio.Transport | None = None
        self.trusted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class is no subclass of asyncio's

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self._on_lost:
            self._on_lost(self)

    def send(self, frame: dict[str, Any]) -> None:
        """Write one frame; raises ConnectionError when the line is down."""
        if self.transport is None or self.transport.is_closing():
            raise ConnectionError("the line is closed")
        body = orjson.dumps(frame)
        self.transport.write(_LENGTH.pack(len(body)) + body)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        while len(buffer) >= 4:
            (length,) = _LENGTH.unpack_from(buffer)
            if length > FRAME_BYTES_MAX:
                if self.transport:
                    self.transport.abort()
                return
            if len(buffer) < 4 + length:
                return
            body = bytes(buffer[4:4 + length])
            del buffer[:4 + length]
            self._on_frame(self, orjson.loads(body))


class VaultLink:
    """The web's and the workers' end of the line. Connects when first used and again after a break."""

    def __init__(self, host: str, port: int, secret: bytes) -> None:
        self._address, self._secret = (host, port), secret
        self._protocol: FrameProtocol | None = None
        self._connecting = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0

    async def call(self, op: str, deadline: float, **fields: Any) -> dict[str, Any]:
        """Ask the vault to do `op` within `deadline` seconds and return its answer.

        Raises NotSent, Broken or Refused.
        """
        protocol = await self._connected()
        self._number += 1
        number, future = self._number, asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            protocol.send({"id": number, "op": op, "deadline": deadline, **fields})
        except ConnectionError as error:
            del self._waiting[number]
            raise NotSent(str(error)) from error
        try:
            async with asyncio.timeout(deadline + 0.5):
                answer = await future
        except TimeoutError as error:
            raise Broken(f"the vault did not answer {op} within {deadline} s") from error
        finally:
            self._waiting.pop(number, None)
        if "error" in answer:
            raise Refused(**answer["error"])
        result: dict[str, Any] = answer["ok"]
        return result

    async def close(self) -> None:
        if self._protocol and self._protocol.transport:
            self._protocol.transport.close()

    async def _connected(self) -> FrameProtocol:
        if self._protocol and self._protocol.transport and not self._protocol.transport.is_closing():
            return self._protocol
        async with self._connecting:
            if self._protocol and self._protocol.transport and not self._protocol.transport.is_closing():
                return self._protocol
            try:
                _, protocol = await asyncio.wait_for(asyncio.get_running_loop().create_connection(
                    lambda: FrameProtocol(self._answered, self._lost), *self._address), 2)
                protocol.send(hello(self._secret))
            except (OSError, TimeoutError) as error:
                raise NotSent(f"the vault is away: {error}") from error
            self._protocol = protocol
            return protocol

    def _answered(self, protocol: FrameProtocol, frame: dict[str, Any]) -> None:
        future = self._waiting.get(frame.get("id", -1))
        if future is None:
            log.info("vault_answer_too_late", id=frame.get("id"))
        elif not future.done():
            future.set_result(frame)

    def _lost(self, protocol: FrameProtocol) -> None:
        if protocol is not self._protocol:
            return
        self._protocol = None
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Broken("the line to the vault broke"))
