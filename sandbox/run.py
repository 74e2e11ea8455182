"""One process, one event loop: the acquirers' ports, the HTTP port and the demo shop's, until SIGTERM or Ctrl-C."""

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Iterator

import uvicorn
import uvloop
from starlette.applications import Starlette

from sandbox import app
from sandbox.acquirer import Acquirer
from sandbox.bank import Bank
from sandbox.mailbox import Mailbox
from sandbox.settings import HOST, Settings, issuer_secret
from sandbox.shop import app as shop
from sandbox.transactions import Transactions


class PortTaken(ValueError):
    """A port is in use; the message is the sentence for the operator."""


class _Web(uvicorn.Server):
    """uvicorn without its own signal handling: this module stops everything in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(settings: Settings) -> int:
    """Run until told to stop; 0 after a clean stop, 1 when the disk refused."""
    return uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    secret = issuer_secret(settings.data)
    web_socket = _bind(settings.port, "the sandbox's HTTP port", "SANDBOX_PORT")
    shop_socket = _bind(settings.shop_port, "the demo shop", "SHOP_PORT")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    acquirers: dict[str, Acquirer] = {}
    transactions: Transactions | None = None
    bank: Bank | None = None
    try:
        for name, port in settings.acquirer_ports.items():
            acquirers[name] = await _open(name, port, settings, secret)
        transactions = Transactions(settings.data, _die)
        transactions.start()
        bank = Bank(settings.data, _die)
        bank.start()
        mails = Mailbox(settings.data / "sandbox" / "mail")
        mails.open()
        site = app.create(settings, acquirers, bank, transactions, mails, secret)
        webs = [_web(shop.create(settings.data, settings.shop_port, settings.shop_base)), _web(site)]
        serving = [asyncio.create_task(web.serve(sockets=[one])) for web, one in
                   zip(webs, (shop_socket, web_socket), strict=True)]
        print(f"sandbox: http://{HOST}:{settings.port}, " + ", ".join(
            f"{name} on {HOST}:{port}" for name, port in settings.acquirer_ports.items()), flush=True)
        await stop.wait()
        for web in webs:
            web.should_exit = True
        await asyncio.gather(*serving)
    finally:
        if bank is not None:
            await bank.close()
        if transactions is not None:
            await transactions.journal.close()
        for acquirer in acquirers.values():
            await acquirer.close()
        web_socket.close()
        shop_socket.close()
    return 0


def _web(site: Starlette) -> _Web:
    return _Web(uvicorn.Config(site, log_level="warning", access_log=False, lifespan="off", server_header=False,
                               timeout_graceful_shutdown=3))


async def _open(name: str, port: int, settings: Settings, secret: bytes) -> Acquirer:
    acquirer = Acquirer(name, settings.data, secret, _die)
    if acquirer.journal.cut_bytes:
        print(f"{name}: cut {acquirer.journal.cut_bytes} bytes of a record that was never acknowledged from the end "
              f"of {acquirer.journal.path}", file=sys.stderr, flush=True)
    try:
        await acquirer.start(HOST, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(_taken(port, f"acquirer {name}", "SANDBOX_PORT")) from None
        raise
    return acquirer


def _bind(port: int, what: str, variable: str) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        one.bind((HOST, port))
    except OSError as error:
        one.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(_taken(port, what, variable)) from None
        raise
    return one


def _taken(port: int, what: str, variable: str) -> str:
    return f"Port {port} ({what}) is already in use; stop what uses it or set {variable} to another port."


def _die(sentence: str) -> None:
    """The disk refused. Nothing may be acknowledged any more, so nothing is left to do in order."""
    print(sentence, file=sys.stderr, flush=True)
    os._exit(1)
