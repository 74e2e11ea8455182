"""Static files of our own: read once at start, served under a name that holds their hash, with SRI."""

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from backend.config import ROOT
from backend.web import compression

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
          ".png": "image/png", ".txt": "text/plain; charset=utf-8"}
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file with its address and the hash that a page pins."""

    url: str
    integrity: str
    media_type: str
    body: bytes
    packed: bytes


def _read(root: Path, path: Path) -> Asset:
    body = path.read_bytes()
    digest = hashlib.sha384(body).digest()
    name = path.relative_to(root).as_posix()
    stem, _, ending = name.rpartition(".")
    return Asset(
        url=f"/static/{stem}.{digest.hex()[:12]}.{ending}",
        integrity=f"sha384-{base64.b64encode(digest).decode()}",
        media_type=_TYPES[path.suffix], body=body, packed=gzip.compress(body, 9, mtime=0),
    )


@cache
def assets() -> dict[str, Asset]:
    """Every servable file under `static/` by its plain name, for example `shared/farthing.css`."""
    root = ROOT / "static"
    return {path.relative_to(root).as_posix(): _read(root, path)
            for path in sorted(root.rglob("*")) if path.suffix in _TYPES}


@cache
def _by_url() -> dict[str, Asset]:
    return {asset.url: asset for asset in assets().values()}


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI app, mounted at `/static`: a hashed address is immutable; anything else is 404."""
    request = Request(scope, receive)
    asset = _by_url().get(request.url.path)
    if asset is None or request.method not in ("GET", "HEAD"):
        await Response("Not found", 404, media_type="text/plain")(scope, receive, send)
        return
    packed = compression.accepted(request)
    headers = {"Cache-Control": _FOREVER, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding",
               "Cross-Origin-Resource-Policy": "same-origin"}
    if packed:
        headers["Content-Encoding"] = "gzip"
    body = asset.packed if packed else asset.body
    await Response(body, media_type=asset.media_type, headers=headers)(scope, receive, send)
