"""Strangers who ask and do not read, or read a byte a second, and come back as soon as they are thrown out.

`python -m tests.hostile PORT unread=1000 slow=1000 [source=127.0.0.2] [path=/v1/openapi.json]` runs until its input
ends and prints, as JSON, how often it connected and how often it was thrown out: a process of its own, so that whoever
measures the others does not pay for it.
"""

import asyncio
import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PIPELINED = 12
_BUFFER = 4096
_TAKE_SECONDS = 1.0
_LOOK_SECONDS = 0.5


async def open_line(port: int, source: str = "") -> socket.socket:
    """A connection that takes in as little as the system lets it."""
    line = socket.socket()
    line.setblocking(False)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    if source:
        line.bind((source, 0))
    try:
        await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", port))
    except OSError:
        line.close()
        raise
    return line


def question(path: str, times: int = 1) -> bytes:
    """`times` requests behind one another."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * times


async def thrown_out(line: socket.socket) -> None:
    """Return when the other side hangs up; without reading a byte."""
    while not line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        await asyncio.sleep(_LOOK_SECONDS)


async def _unread(port: int, path: str, source: str, seen: Counter[str]) -> None:
    line = await open_line(port, source)
    try:
        await asyncio.get_running_loop().sock_sendall(line, question(path, PIPELINED))
        seen["connected"] += 1
        await thrown_out(line)
        seen["thrown_out"] += 1
    finally:
        line.close()


async def _slow(port: int, path: str, source: str, seen: Counter[str]) -> None:
    loop, line = asyncio.get_running_loop(), await open_line(port, source)
    try:
        await loop.sock_sendall(line, question(path, 3))
        seen["connected"] += 1
        while await loop.sock_recv(line, 1):
            await asyncio.sleep(_TAKE_SECONDS)
        seen["thrown_out"] += 1
    finally:
        line.close()


async def _for_ever(kind: Any, *arguments: Any) -> None:
    while True:
        try:
            await kind(*arguments)
        except OSError:
            arguments[-1]["thrown_out"] += 1
        await asyncio.sleep(0.2)


async def _main(port: int, unread: int, slow: int, path: str, source: str) -> Counter[str]:
    seen: Counter[str] = Counter()
    tasks = [asyncio.create_task(_for_ever(kind, port, path, source, seen))
             for kind, count in ((_unread, unread), (_slow, slow)) for _ in range(count)]
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for task in tasks:
        task.cancel()
    return seen


@contextmanager
def crowd(port: int, **options: Any) -> Iterator[dict[str, int]]:
    """Hostile strangers for the length of the block; what they counted is in the dictionary afterwards."""
    words = [f"{name}={value}" for name, value in options.items()]
    process = subprocess.Popen([sys.executable, "-m", "tests.hostile", str(port), *words],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    seen: dict[str, int] = {}
    try:
        yield seen
    finally:
        said, _ = process.communicate("")
        seen.update(json.loads(said or "{}"))


if __name__ == "__main__":
    given = dict(word.split("=", 1) for word in sys.argv[2:])
    print(json.dumps(asyncio.run(_main(
        int(sys.argv[1]), int(given.get("unread", 0)), int(given.get("slow", 0)),
        given.get("path", "/v1/openapi.json"), given.get("source", "")))))
