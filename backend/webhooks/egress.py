"""The one HTTP client for URLs that a user gave (security rule 18).

It resolves a host once, classifies every address it got, and connects to the very address that was checked, while
Host, SNI and the certificate check keep the name. It follows no redirect, reads no proxy or other setting from the
environment, and caps time, headers and body. `httpcore2`, the transport of httpx2, takes a network backend of one's
own; httpx2 itself offers no such place, and what it adds (redirects, cookies, decoding) is not wanted here.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import httpcore2
import psutil

from backend.config import Settings
from backend.webhooks import addresses, targets
from backend.webhooks.addresses import Address
from backend.webhooks.targets import Refused

__all__ = ["Egress", "Failed", "Refused", "Reply"]

BODY_BYTES_MAX = 64 * 1024
TIMEOUT_SECONDS = 10.0
_ADDRESSES_TRIED_MAX = 3
_CONNECT_SECONDS = 5.0
_IDLE_SECONDS = 10.0
_CONNECTIONS_MAX = 256

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


class Failed(Exception):
    """No answer: `code` is dns, connect, tls, timeout, reset or protocol; the message is a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, headers in lower case (the last one wins), at most 64 KB of the body, milliseconds."""

    status: int
    headers: dict[str, str]
    body: bytes
    latency_ms: int


class Egress:
    """Guarded connections; make one per process and close it. `private` and `loopback` are for development machines,
    see `targets.parse`; live webhooks never go to loopback because of the latter, nor over a line that a test webhook
    opened. `taken` are our own ports."""

    def __init__(self, *, private: bool = False, loopback: bool = False, taken: Iterable[int] = (),
                 resolve: Resolver | None = None, own: Iterable[Address] | None = None,
                 tls: ssl.SSLContext | None = None) -> None:
        self._private, self._loopback, self._taken = private, loopback, frozenset(taken)
        self._own = frozenset(own if own is not None else own_addresses())
        tls = tls or ssl.create_default_context()
        self._pools = {livemode: httpcore2.AsyncConnectionPool(
            ssl_context=tls, max_connections=_CONNECTIONS_MAX, max_keepalive_connections=_CONNECTIONS_MAX,
            keepalive_expiry=_IDLE_SECONDS, http2=False, retries=0,
            network_backend=_Guarded(resolve or _resolve, self._own, private, loopback and not livemode, self._taken))
            for livemode in (False, True)}

    async def post(self, url: str, headers: dict[str, str], body: bytes, *, livemode: bool,
                   timeout_seconds: float = TIMEOUT_SECONDS) -> Reply:
        """Send once. Raises Refused before a packet leaves, or Failed when there was no answer in time."""
        target = targets.parse(url, livemode=livemode, private=self._private, loopback=self._loopback and not livemode,
                               taken=self._taken, own=self._own)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._exchange(self._pools[livemode], target.url, headers, body, started)
        except (TimeoutError, httpcore2.TimeoutException) as error:
            raise Failed("timeout", f"No complete answer within {timeout_seconds:g} seconds.") from error
        except httpcore2.ConnectError as error:
            raise _connect_failure(error) from error
        except (httpcore2.NetworkError, httpcore2.RemoteProtocolError) as error:
            if isinstance(error, httpcore2.RemoteProtocolError) and "disconnected" not in str(error):
                raise Failed("protocol", "The answer was not valid HTTP.") from error
            raise Failed("reset", "The connection was closed before the answer was complete.") from error
        except (httpcore2.ProtocolError, httpcore2.UnsupportedProtocol) as error:
            raise Failed("protocol", "The answer was not valid HTTP.") from error

    async def _exchange(self, pool: httpcore2.AsyncConnectionPool, url: str, headers: dict[str, str], body: bytes,
                        started: float) -> Reply:
        sent = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        sent += [(b"Accept-Encoding", b"identity"), (b"Accept", b"*/*")]
        async with pool.stream(
                "POST", url, headers=sent, content=body,
                extensions={"timeout": {"connect": _CONNECT_SECONDS, "read": None, "write": None, "pool": None}},
        ) as response:
            received = bytearray()
            async for chunk in response.aiter_stream():
                received += chunk
                if len(received) >= BODY_BYTES_MAX:
                    break  # the rest is never read: leaving the block closes the connection
            names = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            took = int((time.perf_counter() - started) * 1000)
            return Reply(response.status, names, bytes(received[:BODY_BYTES_MAX]), took)

    async def close(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()


class _Guarded(httpcore2.AsyncNetworkBackend):
    """Resolves, checks and dials: the address that is checked is the address that is dialled."""

    def __init__(self, resolve: Resolver, own: frozenset[Address], private: bool, loopback: bool = False,
                 taken: frozenset[int] = frozenset()) -> None:
        self._resolve, self._own, self._private, self._loopback = resolve, own, private, loopback
        self._taken = taken
        self._dial = httpcore2.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None,  # noqa: ASYNC109 - theirs
                          local_address: str | None = None,
                          socket_options: Iterable[Any] | None = None) -> httpcore2.AsyncNetworkStream:
        checked = self._checked(await self._addresses(host, port), port)
        failure: Exception = httpcore2.ConnectError("no address")
        for address in checked[:_ADDRESSES_TRIED_MAX]:
            try:
                return await self._dial.connect_tcp(str(address), port, timeout=timeout)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(self, path: str, timeout: float | None = None,  # noqa: ASYNC109 - theirs
                                  socket_options: Iterable[Any] | None = None) -> httpcore2.AsyncNetworkStream:
        raise Refused("Sockets of this machine may not be used.")

    async def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            return [ip_address(host)]
        except ValueError:
            pass
        try:
            return [ip_address(text.partition("%")[0]) for text in await self._resolve(host, port)]
        except (OSError, UnicodeError, ValueError) as error:
            raise httpcore2.ConnectError("dns") from error

    def _checked(self, found: list[Address], port: int) -> list[Address]:
        """All of them, or Refused: a name that leads to even one forbidden address is a trick or a mistake."""
        if not found:
            raise httpcore2.ConnectError("dns")
        for address in found:
            if not addresses.allowed(address, private=self._private, loopback=self._loopback, own=self._own):
                raise Refused("The URL leads to an address that is not on the public internet.")
            if port in self._taken and (address.is_loopback or address in self._own):
                raise Refused(targets.OURS)
            if port not in targets.PORTS.values() and not (
                    (self._private or self._loopback) and address.is_loopback):
                raise Refused("Only the ports 80 and 443 may be used.")
        return list(dict.fromkeys(found))


def _connect_failure(error: httpcore2.ConnectError) -> Failed:
    if str(error) == "dns":
        return Failed("dns", "The host name could not be resolved.")
    if isinstance(error.__cause__ or error.__context__, ssl.SSLError):
        return Failed("tls", "The TLS handshake failed: the certificate or the protocol was not accepted.")
    return Failed("connect", "The connection was refused or could not be made.")


async def _resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def guarded(settings: Settings) -> Egress:
    """What a process with these settings may reach."""
    return Egress(private=settings.private_webhooks, loopback=settings.loopback_webhooks, taken=settings.own_ports)


def own_addresses() -> set[Address]:
    """The addresses of this machine, which no merchant may reach through it either."""
    found: set[IPv4Address | IPv6Address] = set()
    for entries in psutil.net_if_addrs().values():
        for entry in entries:
            if entry.family in (socket.AF_INET, socket.AF_INET6):
                found.add(ip_address(entry.address.partition("%")[0]))
    return found
