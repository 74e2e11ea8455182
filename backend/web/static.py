"""Static files of our own: read once at start, served under a name that holds their hash, with SRI."""

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache

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


def made(name: str, body: bytes) -> Asset:
    """An asset of this content; `name` is its path below its root, such as `/static/shared/farthing.css`."""
    digest = hashlib.sha384(body).digest()
    stem, _, ending = name.rpartition(".")
    return Asset(
        url=f"{stem}.{digest.hex()[:12]}.{ending}", integrity=f"sha384-{base64.b64encode(digest).decode()}",
        media_type=_TYPES[f".{ending}"], body=body, packed=gzip.compress(body, 9, mtime=0),
    )


@cache
def assets() -> dict[str, Asset]:
    """Every servable file under `static/` by its plain name, for example `shared/farthing.css`."""
    root = ROOT / "static"
    found = {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.suffix in _TYPES}
    return {name: made(f"/static/{name}", path.read_bytes()) for name, path in found.items()}


@cache
def _by_url() -> dict[str, Asset]:
    return {asset.url: asset for asset in assets().values()}


def at(path: str) -> Asset | None:
    """The file that is served at an address, by its hashed name."""
    return _by_url().get(path)


def answer(request: Request, asset: Asset, **headers: str) -> Response:
    """The file, compressed for who takes that, to be kept for good. `headers` are named with `_` for `-`."""
    packed = compression.accepted(request)
    found = {"Cache-Control": _FOREVER, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding",
             **{name.replace("_", "-"): value for name, value in headers.items()}}
    if packed:
        found["Content-Encoding"] = "gzip"
    return Response(asset.packed if packed else asset.body, media_type=asset.media_type, headers=found)


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI app, mounted at `/static`: a hashed address is immutable; anything else is 404."""
    request = Request(scope, receive)
    asset = at(request.url.path)
    if asset is None or request.method not in ("GET", "HEAD"):
        await Response("Not found", 404, media_type="text/plain")(scope, receive, send)
        return
    await answer(request, asset, Cross_Origin_Resource_Policy="same-origin")(scope, receive, send)
