"""The line from the vault to the web process: what is asked goes there alone, with our own word of who asks."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from starlette.requests import Request

from backend.config import Settings
from backend.errors import ApiError, InvalidRequest
from backend.web import handed_on
from vault.api_line import ApiLine, Passed

SECRET = b"s" * 32
FORGED = [(b"farthing-client", b"x"), (b"x-forwarded-for", b"203.0.113.9"), (b"forwarded", b"for=203.0.113.9"),
          (b"cookie", b"a=b"), (b"host", b"evil.example"), (b"stripe-version", b"2023-10-16")]


class Far:
    """A web process that writes down what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[bytes, bytes]]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *rest = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        headers = [line.partition(b": ") for line in rest if line]
        assert len({name.lower() for name, _, _ in headers}) == len(headers)
        self.asked.append((first.decode(), {name.lower(): value for name, _, value in headers}))
        writer.write(b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()


@pytest.fixture
async def far() -> AsyncIterator[tuple[Far, ApiLine]]:
    found = Far()
    async with await asyncio.start_server(found, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        line = ApiLine(Settings(API_INTERNAL=f"http://127.0.0.1:{port}", API_BASE="https://pay.example"), SECRET)
        yield found, line
        await line.close()


def asking(path: bytes, query: bytes = b"", headers: Iterable[tuple[bytes, bytes]] = ()) -> Request:
    return Request({"type": "http", "method": "POST", "path": "/v1/x", "raw_path": path, "query_string": query,
                    "headers": list(headers), "client": ("198.51.100.7", 4000)})


async def sent(line: ApiLine, request: Request, body: bytes = b"") -> tuple[Passed, bytes]:
    answer = await line.send(request, body)
    assert isinstance(answer, Passed)
    parts: list[Any] = [part async for part in answer.body_iterator]
    return answer, b"".join(parts)


async def test_the_client_is_who_the_vault_says_and_nobody_else_says_it(far: tuple[Far, ApiLine]) -> None:
    web, line = far
    answer, body = await sent(line, asking(b"/v1/x", headers=FORGED), b"a=1")
    assert (answer.status_code, body, answer.raw_headers) == (202, b"ok", [(b"x-a", b"b"), (b"content-length", b"2")])
    _, headers = web.asked[0]
    assert set(headers) == {b"host", b"farthing-client", b"stripe-version", b"content-length"}
    assert (headers[b"host"], headers[b"content-length"]) == (b"pay.example", b"3")
    scope = {"client": ("127.0.0.1", 1), "headers": list(headers.items())}
    handed_on.place(SECRET, scope)
    assert scope["client"] == ("198.51.100.7", 0)
    assert handed_on.HEADER not in dict(scope["headers"])


@pytest.mark.parametrize("words", [
    [b"x"], [b""], [b"handed-on-"], [handed_on.signed(b"t" * 32, "203.0.113.9").encode()],
    [handed_on.signed(SECRET, "203.0.113.9").encode()] * 2, [b"handed-on-zz.99999999999.0"], [b"\xff.\xff"]])
def test_a_word_that_we_did_not_sign_is_taken_out_and_not_believed(words: list[bytes]) -> None:
    scope = {"client": ("127.0.0.1", 1), "headers": [(b"a", b"b"), *((handed_on.HEADER, word) for word in words)]}
    handed_on.place(SECRET, scope)
    assert scope == {"client": ("127.0.0.1", 1), "headers": [(b"a", b"b")]}


@pytest.mark.parametrize(("path", "query", "target"), [
    (b"/v1/x%2Fy/..%2f/a", b"a=%2F&b=1+2", "/v1/x%2Fy/..%2f/a?a=%2F&b=1+2"), (b"//evil.example/v1", b"",
                                                                              "//evil.example/v1"),
    (b"/v1/\xc3\xa9", b"x=\xff", "/v1/%C3%A9?x=%FF"), (b"/v1/a?b", b"c=d", "/v1/a?c=d")])
async def test_the_target_arrives_as_it_was_sent(far: tuple[Far, ApiLine], path: bytes, query: bytes,
                                                 target: str) -> None:
    web, line = far
    await sent(line, asking(path, query))
    assert web.asked[0][0] == f"POST {target} HTTP/1.1"


@pytest.mark.parametrize("path", [b"%2f@evil.example/v1", b"@evil.example/v1", b".evil.example/v1", b":1/v1"])
async def test_no_path_leads_elsewhere(far: tuple[Far, ApiLine], path: bytes) -> None:
    web, line = far
    with pytest.raises(InvalidRequest):
        await line.send(asking(path), b"")
    assert web.asked == []


async def test_a_web_process_that_is_away_is_said_to_be(far: tuple[Far, ApiLine]) -> None:
    away = ApiLine(Settings(API_INTERNAL="http://127.0.0.1:1"), SECRET)
    with pytest.raises(ApiError, match="Nothing was done"):
        await away.send(asking(b"/v1/x"), b"")
    await away.close()
