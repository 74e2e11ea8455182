"""What a request brings, in its query and its body of any kind: read within bounds, by every door in this one place."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import orjson
from starlette.requests import Request

from backend.errors import InvalidRequest, TooLarge
from backend.fields import forms
from backend.fields.forms import FORM, JSON

BODY_MAX = 1_000_000
FORM_MAX = 64 * 1024
"""Bytes of what people fill in: the forms of pages, and a card with who owns it."""
LARGE = 16 * 1024
"""Bytes from which the reading of a body is work for a thread: in the loop all other requests would wait for it."""
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Given:
    """The bytes of a request; `digests` stand in its raw bytes for the `files` that a multipart body has."""

    body: bytes
    kind: str = FORM
    """The media type; empty is that of a form."""
    query: bytes = b""
    files: dict[str, Any] = field(default_factory=dict)
    digests: bytes = b""

    @property
    def json(self) -> bool:
        return self.kind == JSON and bool(self.body)

    @property
    def known(self) -> bool:
        """Whether there is a way to read the body."""
        return not self.body or self.kind in (FORM, JSON, "")

    def read(self) -> tuple[forms.Tree, bytes]:
        """The parameters as a tree, and the bytes that they came from, which are equal for equal requests.

        Parameters count wherever they stand, in the query or in the body of any method: none is passed over.
        Raises InvalidRequest.
        """
        if not self.known:
            raise InvalidRequest(f"Send the parameters as {FORM} or {JSON}, not as {self.kind[:80]}.")
        try:
            if not self.json:
                raw = b"&".join(filter(None, (self.query, self.body)))
                return forms.decode(raw.decode()) | self.files, raw + self.digests
            tree = forms.from_json(self.body)
            for name, value in forms.decode(self.query.decode()).items():
                if name in tree:
                    raise InvalidRequest(f"The parameter {name[:200]} was given more than once.", param=name[:200])
                tree[name] = value
            return tree, orjson.dumps(tree) if self.query else self.body
        except UnicodeDecodeError as error:
            raise InvalidRequest("The request is not valid UTF-8.") from error

    def peek(self, *names: str) -> str | None:
        """One parameter of what may be anything, by the names that lead to it; None when it is not there."""
        try:
            found: Any = self.read()[0]
        except InvalidRequest:
            return None
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, str) else None

    def close(self) -> None:
        """Let the files go."""
        for file in self.files.values():
            file.close()

    async def beside(self, work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """The result of work on these bytes, which is done in a thread when they are many."""
        if len(self.body) + len(self.query) > LARGE:
            return await asyncio.to_thread(work, *args, **options)
        return work(*args, **options)


def kind_of(request: Request) -> str:
    """The media type of a request's body in lower case, without what may stand behind it; empty when none is named."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def pieces(request: Request, most: int) -> AsyncIterator[bytes]:
    """A body as it arrives; raises TooLarge as soon as it has grown past `most` bytes."""
    seen = 0
    async for piece in request.stream():
        seen += len(piece)
        if seen > most:
            raise too_large(most)
        yield piece


async def whole(request: Request, most: int) -> bytes:
    """A body of at most `most` bytes; raises TooLarge."""
    read = bytearray()
    async for piece in pieces(request, most):
        read += piece
    return bytes(read)


async def given(request: Request, most: int = BODY_MAX) -> Given:
    """The query and the body of a request; raises TooLarge. That it cannot be read is said by `Given.read`."""
    return Given(await whole(request, most), kind_of(request), request.scope["query_string"])


async def form(request: Request) -> dict[str, str]:
    """The fields of a page's form; raises TooLarge and InvalidRequest."""
    return forms.flat(await whole(request, FORM_MAX))


def too_large(most: int) -> TooLarge:
    return TooLarge(f"The request body is larger than {most} bytes.", code="request_too_large")
