"""HTML in fewer bytes, where that tells nobody anything (see docs/decisions/compressed-pages.md)."""

import gzip
import re

from starlette.requests import Request
from starlette.responses import HTMLResponse

BYTES_MIN = 600
_LEVEL = 5
_SECRET = re.compile(r"(?:[sr]k_(?:test|live)_|whsec_|_secret_)[A-Za-z0-9+/]{8}")
_OURS = ("same-origin", "none")


def accepted(request: Request) -> bool:
    """Whether the client takes gzip, by its Accept-Encoding (RFC 9110, 12.5.3)."""
    for one in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def html(request: Request, text: str, status: int, headers: dict[str, str], *, https: bool) -> HTMLResponse:
    """A page, compressed when the client takes that. One that shows a key or another secret is not, and neither is what
    another site made the browser of somebody who is signed in ask for: there the length must say nothing."""
    body = text.encode()
    vary = ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding")))
    found = {**headers, "Vary": vary}
    foreign = https and bool(request.cookies) and request.headers.get("sec-fetch-site") not in _OURS
    if len(body) < BYTES_MIN or _SECRET.search(text) or foreign or not accepted(request):
        return HTMLResponse(body, status, found)
    return HTMLResponse(gzip.compress(body, _LEVEL, mtime=0), status, {**found, "Content-Encoding": "gzip"})
