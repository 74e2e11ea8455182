"""The portal's login cookie, and the check that a request comes from our own pages (portal rule 9)."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from backend.errors import PermissionDenied

_SAFE = ("GET", "HEAD", "OPTIONS")


def _name(https: bool) -> str:
    """With HTTPS the `__Host-` prefix makes the browser refuse a cookie that a sub-domain planted."""
    return "__Host-farthing" if https else "farthing_login"


def read(request: Request, *, https: bool) -> str | None:
    """The login's token from the cookie."""
    return request.cookies.get(_name(https))


def put(response: Response, token: str, *, https: bool) -> None:
    """Set the cookie: host-only, out of reach of scripts, gone when the browser closes."""
    response.set_cookie(_name(https), token, path="/", httponly=True, secure=https, samesite="lax")


def drop(response: Response, *, https: bool) -> None:
    """Remove the cookie."""
    response.delete_cookie(_name(https), path="/", httponly=True, secure=https, samesite="lax")


def check_origin(request: Request, *, https: bool) -> None:
    """Refuse a state-changing request from another site; raises PermissionDenied.

    Sec-Fetch-Site where browsers send it (HTTPS and localhost), else the host of Origin; a client that sends neither
    is no browser of today and passes only without our cookie.
    """
    if request.method in _SAFE:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        fine = site in ("same-origin", "none")
    elif origin is not None:
        fine = urlsplit(origin).netloc == request.headers.get("host")
    else:
        fine = read(request, https=https) is None
    if not fine:
        raise PermissionDenied("This request did not come from the portal's own pages.")
