"""Traces of a request: of an unexpected error its kind and the lines it passed, for the log, never a value or a
message; and of a form what the event loop's own memory still holds of it.
"""

import asyncio
import socket
import traceback
from pathlib import Path


def where(error: BaseException) -> str:
    """For example `KeyError at line.py:118 < authorize.py:40`: innermost first, at most six places."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}"


OVERWRITE_EVERY_SECONDS = 1.0
_ARRIVED_BYTES = 256 * 1024


async def overwrite() -> None:
    """Once a second, for good: take the place of what arrived last. The event loop has one piece of memory into which
    all that arrives is read, and where the last form would lie until a longer one comes."""
    mine, other = socket.socketpair()
    mine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ARRIVED_BYTES)
    reader, writer = await asyncio.open_connection(sock=other, limit=2 * _ARRIVED_BYTES)
    nothing = bytes(_ARRIVED_BYTES)
    try:
        mine.setblocking(False)
        while True:
            await asyncio.sleep(OVERWRITE_EVERY_SECONDS)
            sent = mine.send(nothing)
            await reader.readexactly(sent)
    finally:
        writer.close()
        mine.close()
