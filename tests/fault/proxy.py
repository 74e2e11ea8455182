"""A proxy between two of our parts that cuts a connection when the answer is there and before it is handed on."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Address = Path | int
"""A unix socket, or a port on 127.0.0.1."""


@dataclass
class Proxy:
    """Hands everything on. `watch(request)` says whether the answer to these bytes is to be lost: then it is read to
    the end, as far as `complete(answer)` says, and both sides are closed without the asker having seen any of it."""

    listens: Address
    leads_to: Address
    watch: Callable[[bytes], bool]
    complete: Callable[[bytes], bool]
    cuts: int = 0
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def __aenter__(self) -> "Proxy":
        if isinstance(self.listens, int):
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.listens)
        else:
            self._server = await asyncio.start_unix_server(self._serve, self.listens)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            there = await (asyncio.open_connection("127.0.0.1", self.leads_to) if isinstance(self.leads_to, int)
                           else asyncio.open_unix_connection(self.leads_to))
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._carry(reader, writer, *there)
            there[1].close()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _carry(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter, far: asyncio.StreamReader,
                     far_out: asyncio.StreamWriter) -> None:
        """Both directions until one ends; `held` is what the other side has said since the watched request."""
        held: bytearray | None = None

        async def ask() -> None:
            nonlocal held
            while data := await near.read(65536):
                if held is None and self.watch(data):
                    held = bytearray()
                far_out.write(data)
                await far_out.drain()

        async def answer() -> None:
            while data := await far.read(65536):
                if held is None:
                    near_out.write(data)
                    await near_out.drain()
                    continue
                held.extend(data)
                if self.complete(bytes(held)):
                    self.cuts += 1
                    return

        both = [asyncio.create_task(ask()), asyncio.create_task(answer())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)
