"""The way from the vault to the web process: a request is sent on as it came, and its answer streams back."""

from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import suppress
from string import punctuation
from urllib.parse import quote, unquote, urlsplit

import httpx2
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from backend import card_numbers
from backend.config import Settings
from backend.errors import ApiError, InvalidRequest, NotFound
from backend.networks import connections
from backend.web import handed_on

_TIMEOUT = httpx2.Timeout(connect=2.0, read=90.0, write=30.0, pool=10.0)
_LIMITS = httpx2.Limits(max_connections=100, max_keepalive_connections=50, keepalive_expiry=3.0)
"""The web process hangs up after five seconds: a line that is older might end while a request goes out on it."""
_HOP = frozenset(b"""connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer
                     transfer-encoding upgrade""".split())
_OURS = _HOP | frozenset((b"host", b"cookie", b"forwarded", b"content-length", handed_on.HEADER))
"""Not handed on: what belongs to one line, what only browsers' pages use, and who says where it came from; nor any
header with a card's number, of which the API reads none (those that it reads are refused, see vault/passing.py)."""


class ApiLine:
    """Connections to the web process, kept open between requests."""

    def __init__(self, settings: Settings, secret: bytes) -> None:
        self._base, self._secret = httpx2.URL(settings.api_internal), secret
        self._host = urlsplit(settings.api_base).netloc
        # A transport and no client: a client keeps cookies, and everybody's requests go through here.
        self._transport = httpx2.AsyncHTTPTransport(limits=_LIMITS, trust_env=False,
                                                    verify=connections.trusted(settings.api_internal))

    async def close(self) -> None:
        await self._transport.aclose()

    async def send(self, request: Request, content: bytes | AsyncIterator[bytes]) -> Response:
        """The web process's answer, streamed. Raises ApiError when there is none, InvalidRequest for a bad path."""
        asked = httpx2.Request(request.method, self._address(request), headers=self._headers(request, content),
                               content=content or None, extensions={"timeout": _TIMEOUT.as_dict()})
        try:
            answer = await self._transport.handle_async_request(asked)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
            raise ApiError("The API cannot be reached right now. Nothing was done; please try again.") from None
        except httpx2.HTTPError:
            raise ApiError("The API's answer was lost on its way. Retry with the same Idempotency-Key: if the request "
                           "went through you will get its answer.") from None
        found = Passed(_body(answer), answer.status_code)
        found.raw_headers = [(name.lower(), value) for name, value in answer.headers.raw
                             if name.lower() not in (*_HOP, b"set-cookie")]
        return found

    def _address(self, request: Request) -> httpx2.URL:
        """Where the request goes on to: the very path that was judged here. One that would be read as another path on
        its way, such as /v1/../login, is none of the API's."""
        path = target(request)
        try:
            found = self._base.copy_with(raw_path=path.encode())  # the path can name no other host
        except httpx2.InvalidURL:
            raise InvalidRequest("The path of the request cannot be read.") from None
        asked, sent = (one.partition("?")[0] for one in (path, found.raw_path.decode()))
        if unquote(asked) != unquote(sent) or {".", ".."} & set(asked.split("/")):
            missing = NotFound("route", "")
            missing.message, missing.param = "Unrecognized request URL.", None
            raise missing
        return found

    def _headers(self, request: Request, content: bytes | AsyncIterator[bytes]) -> list[tuple[bytes, bytes]]:
        kept = [(name, value) for name, value in request.headers.raw
                if name not in _OURS and not name.startswith(b"x-forwarded") and not holds_number(name, value)]
        client = request.client.host if request.client else ""
        kept += [(b"host", self._host.encode()), (handed_on.HEADER, handed_on.signed(self._secret, client).encode())]
        given = request.headers.get("content-length")
        length = str(len(content)) if isinstance(content, bytes) and (content or given) else given
        return [*kept, (b"content-length", length.encode())] if length is not None else kept


class Passed(StreamingResponse):
    """An answer of the web process, whose headers are its own."""


async def _body(answer: httpx2.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


def holds_number(name: bytes, value: bytes) -> bool:
    """Whether a header has a card's number in it, also as the name that a password belongs to."""
    text = value.decode("latin-1")
    if name == b"authorization" and text[:6].lower() == "basic ":
        with suppress(ValueError):
            text = b64decode(text[6:], validate=False).decode("latin-1")
    return card_numbers.holds(text)


def target(request: Request) -> str:
    """Path and query as they were sent; bytes that no address may have are written as one may."""
    scope = request.scope
    path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
    query = scope["query_string"]
    return quote(path + b"?" + query if query else path, safe=punctuation)
