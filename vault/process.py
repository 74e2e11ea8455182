"""The vault's process: its two doors, its chores, and its end."""

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator

import structlog
import uvicorn
import uvloop

from backend import crash, logs
from backend.config import Settings
from backend.migrations import revisions
from backend.networks import connectors
from backend.web.server import Bounded, limit
from vault import app, hardening, parts, traces
from vault.line import Line

log = structlog.get_logger(__name__)

HOST = "127.0.0.1"
_GRACE_SECONDS = 5.0
_EXPIRE_EVERY_SECONDS = 30.0


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the link has to be drained as well, and by us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def trouble(settings: Settings) -> str | None:
    """The one sentence that says why the vault must not start with these settings, or None."""
    if settings.live and settings.sandbox_only:
        return ("FARTHING_LIVE is on but every acquirer in ACQUIRERS is on this machine, that is, the sandbox network: "
                "name a real acquirer, or turn FARTHING_LIVE off.")
    if not settings.vault_database_url:
        return "VAULT_DATABASE_URL is not set: give the vault its own database role's address."
    return connectors.trouble(settings)


async def serve(settings: Settings) -> int:
    """Run until told to stop; the exit code."""
    try:
        made = parts.build(settings)
    except (OSError, ValueError) as error:
        return _refuse(f"The vault cannot use its keys: {error}")
    try:
        await made.db.open()
        await revisions.require(made.db.rows)
    except revisions.WrongRevision as error:
        await parts.close(made)
        return _refuse(str(error))
    except Exception as error:
        await parts.close(made)
        return _refuse(f"The vault cannot reach its database: {type(error).__name__}.")
    line, door, chores = Line(made), socket.socket(), []
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    port, variable = settings.vault_port, "VAULT_PORT"
    try:
        door.bind((HOST, port))
        port, variable = settings.vault_link_port, "VAULT_LINK_PORT"
        stop = _stop_event()
        await made.directory.load_first()
        await line.open(HOST, port)
        chores = [asyncio.create_task(work)
                  for work in (made.directory.keep_fresh(), _expire(made), traces.overwrite())]
        gc.collect()
        gc.freeze()  # what was loaded so far stays for good: the collector need not walk it again and again
        return await _until(stop, line, door, made)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return _refuse(f"Port {port} ({variable}) is taken.")
    finally:
        for task in chores:
            task.cancel()
        door.close()
        await parts.close(made)


async def _until(stop: asyncio.Event, line: Line, door: socket.socket, made: parts.Parts) -> int:
    seconds = made.settings.acquirer_timeout_seconds + _GRACE_SECONDS
    limit(made.settings)
    proxies = os.environ.get("FORWARDED_ALLOW_IPS") or None  # uvicorn by itself believes whoever is on this machine
    server = _Server(uvicorn.Config(
        app.create(made), http=Bounded, ws="none", lifespan="off", access_log=False, log_config=None,
        log_level="warning", server_header=False, date_header=False, timeout_graceful_shutdown=int(seconds),
        timeout_keep_alive=30, proxy_headers=bool(proxies), forwarded_allow_ips=proxies))
    serving = asyncio.create_task(server.serve(sockets=[door]))
    await stop.wait()
    log.info("vault_stopping")
    server.should_exit = True
    await asyncio.gather(line.close(seconds), serving)
    return 0


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _expire(made: parts.Parts) -> None:
    while True:
        await asyncio.sleep(_EXPIRE_EVERY_SECONDS)
        made.safe.cvcs.expire()
        gc.collect()  # an error may hold its own frames, and with them what was typed


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr, flush=True)
    return 1


def main() -> int:
    """Entry of `python -m vault`."""
    settings = Settings()
    logs.install(settings.log_level)
    crash.install("vault", settings.crash_at)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line per request to the directory server
    hardening.harden()
    if sentence := trouble(settings):
        return _refuse(sentence)
    return uvloop.run(serve(settings))

