"""Real HTTP receivers on loopback for webhook tests: each is a listener that answers as its script says."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass
class Received:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Script = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Receiver:
    """A listener on 127.0.0.1; counts connections, keeps requests, answers with `script` or `answer`."""

    answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    script: Script | None = None
    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    connections: int = 0
    received: list[Received] = field(default_factory=list)
    _open: set[asyncio.Task] = field(default_factory=set)

    async def __aenter__(self) -> "Receiver":
        self._server = await asyncio.start_server(self._serve, self.host, 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*list(self._open), return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/hook"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(task := asyncio.current_task())
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        request = Received(method, path, headers, body)
        self.received.append(request)
        if self.script:
            await self.script(request, writer)
            await writer.drain()
            return False
        writer.write(self.answer)
        await writer.drain()
        return True


def status(code: int, *headers: str) -> bytes:
    """A plain answer with the status `code`."""
    lines = [f"HTTP/1.1 {code} X", *headers, "Content-Length: 0", "", ""]
    return "\r\n".join(lines).encode()
