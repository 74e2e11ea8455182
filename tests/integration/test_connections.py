"""The bounds of a line: who does not read, who runs ahead, who comes too often, and who makes room (attack A24)."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2
import pytest
import uvicorn
import uvloop

from backend.web.connections import Connections, network
from backend.web.server import PIPELINED_MAX, Bounded
from tests.hostile import crowd, open_line, question
from tests.stack import Stack

BODY = b"x" * 2_000_000


async def application(scope: Any, receive: Any, send: Any) -> None:
    """`/` has a body that no line swallows whole, `/small` a short one, `/wait` answers when the asker has gone."""
    body = b"ok" if scope["path"] == "/small" else BODY
    if scope["path"] == "/wait":
        await receive()
        await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    for place in range(0, len(body), 100_000):
        await send({"type": "http.response.body", "body": body[place:place + 100_000],
                    "more_body": place + 100_000 < len(body)})


@asynccontextmanager
async def serving(keep_alive: int = 60, **bounds: Any) -> AsyncIterator[tuple[int, type[Bounded]]]:
    """A server with these bounds; its port, and its protocol."""
    bounds = {"places": Connections(), "read_bytes_per_second": 1_000_000, **bounds}
    protocol = type("Own", (Bounded,), bounds)
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, http=protocol, ws="none", lifespan="off", log_config=None,
                                           timeout_graceful_shutdown=1, timeout_keep_alive=keep_alive))
    task = asyncio.create_task(server.serve(sockets=[door]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield door.getsockname()[1], protocol
    finally:
        server.should_exit = True
        await task


async def until(true: Callable[[], bool]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.02)


async def asked(port: int, path: str = "/small", times: int = 1, source: str = "") -> socket.socket:
    line = await open_line(port, source)
    await asyncio.get_running_loop().sock_sendall(line, question(path, times))
    return line


async def cut(line: socket.socket, bytes: int, pause: float) -> None:
    """Read so many bytes at a time until the other side cuts the line."""
    async with asyncio.timeout(25):
        with suppress(ConnectionError):
            while await asyncio.get_running_loop().sock_recv(line, bytes):
                await asyncio.sleep(pause)


@pytest.mark.parametrize("times", [1, 3])
async def test_an_answer_that_is_not_read_ends_its_line(times: int) -> None:
    async with serving(patience_seconds=0.3) as (port, protocol):
        line = await asked(port, "/", times)
        await until(lambda: len(protocol.places) == 1)
        await until(lambda: len(protocol.places) == 0)
        line.close()


async def test_a_line_that_was_closed_over_an_unread_answer_ends_too() -> None:
    """After `Connection: close` nothing watches a line but the clock that closing it starts."""
    async with serving(patience_seconds=0.3) as (port, protocol):
        line = await open_line(port)
        head = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        await asyncio.get_running_loop().sock_sendall(line, head)
        await until(lambda: len(protocol.places) == 1)
        await until(lambda: len(protocol.places) == 0)
        line.close()


def test_whoever_resets_a_line_leaves_no_clock_behind() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # the loop of our servers
        runner.run(_who_has_gone())


async def _who_has_gone() -> None:
    failed: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context))
    async with serving(keep_alive=1, patience_seconds=0.1) as (port, protocol):
        for _ in range(5):
            line = await asked(port)
            assert await asyncio.get_running_loop().sock_recv(line, 1)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()  # with a reset, for the rest is unread
        await until(lambda: len(protocol.places) == 0)
        await asyncio.sleep(1.5)  # longer than an idle line lives and an answer has
    assert failed == []


async def test_a_reader_that_takes_a_byte_now_and_then_is_hung_up_on() -> None:
    async with serving(patience_seconds=0.3) as (port, protocol):
        line = await asked(port, "/")
        await cut(line, 64, 0.05)
        assert len(protocol.places) == 0
        line.close()


async def test_a_reader_that_goes_on_reading_gets_everything() -> None:
    """Slower than the server by far, on a line that keeps almost nothing, but never standing still for long."""
    async with serving(patience_seconds=5.0) as (port, _):
        line, loop, got = await asked(port, "/"), asyncio.get_running_loop(), 0
        while got < len(BODY):
            got += len(await loop.sock_recv(line, 65536))
            await asyncio.sleep(0.002)
        line.close()


async def test_requests_that_run_far_ahead_of_their_answers_end_the_line() -> None:
    async with serving() as (port, protocol):
        line = await asked(port, "/wait", PIPELINED_MAX + 3)
        await cut(line, 65536, 0.0)
        assert len(protocol.places) == 0
        line.close()


async def test_requests_that_wait_behind_one_another_are_all_answered() -> None:
    async with serving() as (port, _):
        line, loop, got = await asked(port, "/small", PIPELINED_MAX), asyncio.get_running_loop(), b""
        while got.count(b"ok") < PIPELINED_MAX:
            got += (piece := await loop.sock_recv(line, 65536))
            assert piece
        line.close()


async def test_line_breaks_between_requests_keep_no_line_open() -> None:
    async with serving(seconds=0.3) as (port, protocol):
        line, loop = await asked(port), asyncio.get_running_loop()
        assert b"200 OK" in await loop.sock_recv(line, 4096)
        await loop.sock_sendall(line, b"\r\n")
        await until(lambda: len(protocol.places) == 0)
        line.close()


async def test_an_address_has_so_many_lines_and_others_have_theirs() -> None:
    places = Connections(per_address=3)
    async with serving(places=places) as (port, _):
        held = [await open_line(port, "127.0.0.2") for _ in range(3)]
        await until(lambda: len(places) == 3)
        transport = httpx2.AsyncHTTPTransport(local_address="127.0.0.2")
        async with httpx2.AsyncClient(transport=transport, trust_env=False) as same, httpx2.AsyncClient(
                trust_env=False) as other:
            refused = await same.get(f"http://127.0.0.1:{port}/small")
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
            fine = [await other.get(f"http://127.0.0.1:{port}/small") for _ in range(5)]
            assert [answer.status_code for answer in fine] == [200] * 5
            held.pop().close()
            await until(lambda: len(places) == 3)  # two that are held, and the other's
            assert (await same.get(f"http://127.0.0.1:{port}/small")).status_code == 200
        for line in held:
            line.close()


async def test_a_proxy_on_this_machine_may_bring_everybody() -> None:
    async with serving(places=Connections(per_address=3, trusted=["127.0.0.9"])) as (port, _):
        for source in ("", "127.0.0.9"):
            lines = [await asked(port, "/small", 1, source) for _ in range(10)]
            for line in lines:
                assert b"200 OK" in await asyncio.get_running_loop().sock_recv(line, 4096)
                line.close()


async def test_who_does_not_read_makes_room_first_and_who_waits_for_an_answer_never() -> None:
    places = Connections(most=4)
    async with serving(places=places) as (port, _):
        busy = [await asked(port, "/wait") for _ in range(3)]
        await until(lambda: len(places) == 3 and all(one.waits_since() is None for one in places.open))
        unread = await asked(port, "/")
        await until(lambda: any(one.waits_since() is not None and one.waits_since()[0] == 0 for one in places.open))
        async with httpx2.AsyncClient(trust_env=False) as honest:
            assert (await honest.get(f"http://127.0.0.1:{port}/small")).status_code == 200
            await until(lambda: len(places) == 4)
        await until(lambda: len(places) == 3)
        full = await asked(port, "/wait")
        await until(lambda: len(places) == 4 and all(one.waits_since() is None for one in places.open))
        async with httpx2.AsyncClient(trust_env=False) as honest:
            assert (await honest.get(f"http://127.0.0.1:{port}/small")).status_code == 503
        assert len(places) == 4
        for line in (*busy, unread, full):
            line.close()


class Far:
    """A connection that does nothing."""

    def __init__(self, host: str) -> None:
        self.host = host

    def waits_since(self) -> None:
        return None

    def drop(self) -> None:
        raise AssertionError


@pytest.mark.parametrize(("trusted", "host", "counted"), [
    ("10.1.0.0/16", "10.1.2.3", False), ("10.1.0.0/16", "10.2.2.3", True), ("fd00::5", "fd00::5", False),
    ("fd00::5", "fd00::6", True), ("fd00::/8", "fd00:1::7", False), ("*", "192.0.2.1", False),
    ("*", "2001:db8::1", False), ("a name", "192.0.2.1", True), ("", "192.0.2.1", True), ("", "::1", False)])
def test_whom_the_operator_trusts_is_not_counted(trusted: str, host: str, counted: bool) -> None:
    places = Connections(per_address=3, trusted=[trusted])
    told = [places.refusal(Far(host)) for _ in range(5)]
    assert told == [None] * 3 + [429 if counted else None] * 2


def test_in_ipv6_a_customer_is_one_address() -> None:
    assert network("2001:db8:1:2:3::4") == network("2001:db8:1:2:ffff::1") != network("2001:db8:1:3::4")
    assert [network(one) for one in ("192.0.2.1", "::1", "", "unix")] == ["192.0.2.1", "::1", "", "unix"]


@pytest.mark.parametrize("name", ["web", "vault"])
async def test_a_crowd_that_does_not_read_costs_the_others_nothing(stack: Stack, name: str) -> None:
    """Every one of the others' requests is answered while hundreds of lines are unread or read a byte a second."""
    port, path = (stack.port, "/v1/openapi.json") if name == "web" else (stack.vault_port, "/healthz")
    with crowd(port, unread=150, slow=150, path=path) as seen:
        async with httpx2.AsyncClient(timeout=30, trust_env=False) as http:
            for _ in range(60):
                answer = await http.get(f"http://127.0.0.1:{port}/readyz")
                assert answer.status_code == 200
                await asyncio.sleep(0.05)
    assert seen["connected"] >= 300
