"""/v1/openapi.json: the description of this API, for anybody, without a key."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response


class Document:
    """The document as bytes, made at the first request and kept."""

    def __init__(self, describe: Callable[[], dict[str, Any]]) -> None:
        self._describe = describe
        self._body, self._tag = b"", ""

    async def __call__(self, request: Request) -> Response:
        if not self._body:
            self._body = orjson.dumps(self._describe())
            self._tag = f'"{sha256(self._body).hexdigest()[:32]}"'
        headers = {"ETag": self._tag, "Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
        if request.headers.get("if-none-match") == self._tag:
            return Response(status_code=304, headers=headers)
        return Response(self._body, 200, headers, "application/json")
