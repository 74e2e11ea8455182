"""What a request brings, in its query and its body of any kind, and how that becomes a tree of parameters."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import orjson
from starlette.requests import Request

from api import forms
from backend.errors import InvalidRequest, TooLarge

BODY_MAX = 1_000_000
LARGE = 16 * 1024
"""Bytes from which the reading of a body is work for a thread: in the loop all other requests would wait for it."""
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Given:
    """The bytes of a request; `digests` stand in its raw bytes for the `files` that a multipart body has."""

    body: bytes
    json: bool = False
    query: bytes = b""
    files: dict[str, Any] = field(default_factory=dict)
    digests: bytes = b""

    def read(self) -> tuple[forms.Tree, bytes]:
        """The parameters as a tree, and the bytes that they came from, which are equal for equal requests.

        Parameters count wherever they stand, in the query or in the body of any method: none is passed over.
        Raises InvalidRequest.
        """
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

    def close(self) -> None:
        """Let the files go."""
        for file in self.files.values():
            file.close()

    async def beside(self, work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """The result of work on these bytes, which is done in a thread when they are many."""
        if len(self.body) + len(self.query) > LARGE:
            return await asyncio.to_thread(work, *args, **options)
        return work(*args, **options)


async def read(request: Request) -> Given:
    """The query and the body of at most one megabyte; raises TooLarge and InvalidRequest."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            raise TooLarge(f"The request body is larger than {BODY_MAX} bytes.", code="request_too_large")
    if body and kind not in ("application/x-www-form-urlencoded", "application/json", ""):
        raise InvalidRequest("Send the parameters as application/x-www-form-urlencoded or application/json, not as "
                             f"{kind[:80]}.")
    return Given(bytes(body), kind == "application/json" and bool(body), request.scope["query_string"])
