"""The composition root: `farthing:web`, the one ASGI application of the web process, and the command `farthing`."""

import gc
import re
import sys
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from backend.web import handed_on

if TYPE_CHECKING:
    import typer

    from backend.config import Settings
    from backend.context import Runtime

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Door = Callable[[Scope, Receive, Send], Awaitable[None]]

_API_PATH = re.compile(r"/+(v[0-9]+(/|$)|(healthz|readyz)/*$)", re.IGNORECASE)
"""Of every version, however it is written: a program that asks for one that is not here wants JSON as well."""


class Web:
    """Routes by host and path: `pay.*` to the checkout, /v1 and health checks to the API, the rest to the portal.

    The doors are built when the server starts, so that importing this module stays cheap.
    """

    def __init__(self) -> None:
        self._api: Door | None = None
        self._portal: Door | None = None
        self._checkout: Door | None = None
        self._elsewhere: Door | None = None
        self._pay_host = b""
        self._secret = b""
        self._open = AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        handed_on.place(self._secret, scope)
        door = self._door(scope)
        assert door is not None, "the server must run with the lifespan protocol on"
        await door(scope, receive, send)

    def _door(self, scope: Scope) -> Door | None:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        of_api = _API_PATH.match(scope["path"]) is not None
        if host.lower() == self._pay_host:
            return self._elsewhere if of_api else self._checkout
        return self._api if of_api else self._portal

    async def _live(self, receive: Receive, send: Send) -> None:
        """The lifespan protocol: open everything, close everything."""
        await receive()
        try:
            await self._start()
        except Exception as error:
            await self._open.aclose()
            await send({"type": "lifespan.startup.failed", "message": f"{type(error).__name__}: {error}"})
            raise
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._open.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _start(self) -> None:
        import api.app
        import checkout.app
        import portal.app
        from backend import runtime
        from backend.config import Settings
        from backend.web import elsewhere, server

        settings = Settings()
        server.limit(settings)
        self._secret = settings.secret("vault-link")
        self._pay_host = urlsplit(settings.pay_base).netloc.lower().encode()
        self._elsewhere = elsewhere.said(settings.api_base)
        opened: Runtime = await self._open.enter_async_context(runtime.opened(settings, "web"))
        self._api = await self._enter(api.app.create(opened))
        self._portal = await self._enter(portal.app.create(opened, lambda: api.app.describe(settings.api_base)))
        self._checkout = await self._enter(checkout.app.create(opened))
        # Large bodies are read in threads: the loop, which serves everybody else, waits for them this long at most.
        sys.setswitchinterval(0.001)
        # What was loaded so far stays for good: the garbage collector need not walk it again and again.
        gc.collect()
        gc.freeze()

    async def _enter(self, door: Any) -> Door:
        """Run the door's own start and end, where it has them."""
        if hasattr(door, "router"):
            await self._open.enter_async_context(door.router.lifespan_context(door))
        return door  # type: ignore[no-any-return]


def __getattr__(name: str) -> Web:
    """`farthing:web`, made when a server asks for it: only then do our logs replace the server's."""
    if name != "web":
        raise AttributeError(name)
    from backend import logs
    from backend.config import Settings

    logs.install(Settings().log_level)
    globals()["web"] = made = Web()
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    from commands import app

    return app.main(commands(), arguments)


def commands() -> "typer.Typer":
    """Everything that `farthing` understands; what only the vault may do is handed to it here."""
    from commands import app

    return app.create(_rotate)


async def _rotate(settings: "Settings", envs: Sequence[int]) -> dict[int, int]:
    from vault import rotation

    return await rotation.rotate(settings, envs)


if __name__ == "__main__":
    raise SystemExit(main())
