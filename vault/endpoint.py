"""The one wrapper of the vault's HTTP door: errors to JSON, headers, and a log line without contents.

Errors look as in reference contract section 6, the same as the API's.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from backend import ids
from backend.errors import FarthingError
from backend.web import errors
from vault.api_line import Passed
from vault.parts import Parts
from vault.traces import where

log = structlog.get_logger(__name__)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HSTS = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}

Handler = Callable[[Parts, Request], Awaitable[Response]]


def endpoint(handler: Handler, on_error: Callable[[Parts, Request, FarthingError], Response | None] | None = None,
             headers: Callable[[Parts], dict[str, str]] | None = None) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a handler. `on_error` may answer an error in its own way; `headers` adds some to every answer."""

    async def run(request: Request) -> Response:
        parts: Parts = request.app.state.parts
        started, request_id = time.perf_counter(), f"req_{ids.token(14)}"
        try:
            response = await handler(parts, request)
        except Exception as error:
            known = errors.cleaned(errors.known(error, request_id, log, where=where))
            response = (on_error(parts, request, known) if on_error else None) or render(parts, known)
        if not isinstance(response, Passed):  # whose headers are the API's
            response.headers.update({"Request-Id": request_id, **errors.headers(response.status_code),
                                     **common_headers(parts), **(headers(parts) if headers else {})})
        log.info("request", method=request.method, path=request.scope["path"][:80], status=response.status_code,
                 ms=round((time.perf_counter() - started) * 1000, 1), request=request_id)
        return response

    return run


def common_headers(parts: Parts) -> dict[str, str]:
    """Headers of every answer; HSTS only in production, where the address is https."""
    return HEADERS | _HSTS if parts.settings.live else HEADERS


def json(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value), status, media_type="application/json")


def render(parts: Parts, error: FarthingError) -> Response:
    """An error as the contract shows it, in the API's own words and with its status."""
    answer = errors.answered(error, parts.settings.api_base)
    return Response(answer.body, answer.status, error.headers, "application/json")
