"""The composition root: `farthing:web`, the one ASGI application of the web process, and the command `farthing`."""

import argparse
import gc
import re
import sys
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
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
        self._pay_host = b""
        self._open = AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        door = self._door(scope)
        assert door is not None, "the server must run with the lifespan protocol on"
        await door(scope, receive, send)

    def _door(self, scope: Scope) -> Door | None:
        if _API_PATH.match(scope["path"]):
            return self._api
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        return self._checkout if host.lower() == self._pay_host else self._portal

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

        settings = Settings()
        self._pay_host = urlsplit(settings.pay_base).netloc.lower().encode()
        opened: Runtime = await self._open.enter_async_context(runtime.opened(settings, "web"))
        self._api = await self._enter(api.app.create(opened))
        self._portal = await self._enter(portal.app.create(opened, lambda: api.app.describe(settings.api_base)))
        self._checkout = await self._enter(checkout.app.create(opened))
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

    logs.install(_settings().log_level)
    globals()["web"] = made = Web()
    return made


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(prog="farthing", description="Self-hosted, Stripe-compatible payments.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (text, _) in _COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        for flag, options in _FLAGS.get(name, {}).items():
            command.add_argument(flag, **options)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    given = vars(parser().parse_args(arguments))
    chosen = given.pop("command")
    from backend.stack.trouble import Trouble

    try:
        _COMMANDS[chosen][1](_settings(), **given)
    except Trouble as trouble:
        print(f"farthing: {trouble}", file=sys.stderr)
        return 1
    return 0


def _settings() -> "Settings":
    from dotenv import load_dotenv
    from pydantic import ValidationError

    from backend.config import Settings
    from backend.stack.trouble import Trouble

    load_dotenv(".env")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = first["loc"][0] if first["loc"] else "a setting"
        raise Trouble(f"The setting {name} cannot be used ({first['msg']}): correct it in the environment "
                      "or in .env.") from error


def _run(settings: "Settings") -> None:
    from backend.stack.run import run

    run(settings)


def _migrate(settings: "Settings") -> None:
    from backend.stack import commands

    commands.migrate(settings)


def _seed(settings: "Settings") -> None:
    from backend.stack import commands

    commands.seed(settings)


def _check_settings(settings: "Settings") -> None:
    from backend.stack import commands

    commands.check_settings(settings)


def _verify(settings: "Settings") -> None:
    from backend.stack.verify import verify

    verify(settings)


def _backup(settings: "Settings", **options: Any) -> None:
    from backend.stack.backup import backup

    backup(settings, **options)


def _restore(settings: "Settings", **options: Any) -> None:
    from backend.stack.restore import restore

    restore(settings, **options)


_COMMANDS: dict[str, tuple[str, Callable[..., None]]] = {
    "run": ("Start everything on this machine; Ctrl-C stops it.", _run),
    "migrate": ("Bring the database to the newest schema.", _migrate),
    "seed": ("Make the demo account, or show it when it is there.", _seed),
    "verify": ("Check the books: every invariant, and our records against the acquirers'.", _verify),
    "backup": ("Take a base backup of the embedded database; from then on its log is archived, too.", _backup),
    "restore": ("Bring the database back from a base backup and the archived log, as of any moment.", _restore),
    "check-settings": ("Say what is unsafe or wrong in the settings and the servers they name.", _check_settings),
}

_FLAGS: dict[str, dict[str, dict[str, Any]]] = {
    "backup": {
        "--to": {"metavar": "DIR", "help": "where it goes (default: FARTHING_BACKUP, or backup in the data folder)"},
        "--without-secrets": {"action": "store_true", "help": "leave keys and passwords out: keep them elsewhere, for "
                                                              "without them no stored card can ever be read again"}},
    "restore": {
        "--from": {"metavar": "DIR", "dest": "source", "help": "where the backups are (default: as for backup)"},
        "--until": {"metavar": "TIME", "help": "as of this moment, such as 2026-11-21T03:00:00+00:00"},
        "--seconds-ago": {"metavar": "N", "type": float, "help": "as of N seconds ago"}},
}

if __name__ == "__main__":
    raise SystemExit(main())
