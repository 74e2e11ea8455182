"""Signing in and out."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from backend.accounts import members
from backend.errors import AuthenticationFailed, InvalidRequest, PermissionDenied, TooMany
from backend.logs import redact
from backend.web import callers, sessions
from portal import page

_EMAIL_MAX = 254  # RFC 5321


def _next(value: str | None) -> str:
    """A path of this site to go on to; anything else leads home (security A27)."""
    good = value and value.startswith("/") and not value.startswith(("//", "/\\")) and value.isprintable()
    return value if good and value else "/"


def _echoed(email: str) -> str:
    """What was typed as an address, unless it cannot be one: a card number typed here is shown to nobody."""
    return email if len(email) <= _EMAIL_MAX and redact(email) == email else ""


async def show(request: Request) -> Response:
    """GET /login"""
    if await page.member(request):
        return RedirectResponse(_next(request.query_params.get("next")), 303)
    return page.html(request, "login.html", {"email": "", "next": request.query_params.get("next") or ""})


async def sign_in(request: Request) -> Response:
    """POST /login: a new session id at every login; 422 with one message for every kind of failure."""
    https, client = page.https(request), callers.client(request)
    try:
        sessions.check_origin(request, https=https)
        form = await page.form(request)
    except InvalidRequest as error:
        return page.failed(request, error)
    try:
        token = await members.sign_in(page.runtime(request), form.get("email", ""), form.get("password", ""),
                                      client.user_agent, client.address)
    except (TooMany, AuthenticationFailed) as error:
        values = {"email": _echoed(form.get("email", "")), "next": form.get("next", ""), "problem": error.message}
        shown = page.html(request, "login.html", values, status=429 if isinstance(error, TooMany) else 422)
        shown.headers.update(error.headers)
        return shown
    old = sessions.read(request, https=https)
    if old:
        await members.sign_out(page.runtime(request), old)
    response = RedirectResponse(_next(form.get("next")), 303)
    sessions.put(response, token, https=https)
    return response


async def sign_out(request: Request) -> Response:
    """POST /logout: ends the login on the server, then forgets the cookie."""
    https = page.https(request)
    try:
        sessions.check_origin(request, https=https)
    except PermissionDenied as error:
        return page.told(request, "Not allowed", error.message, 403)
    token = sessions.read(request, https=https)
    if token:
        await members.sign_out(page.runtime(request), token)
    response = RedirectResponse("/login", 303)
    sessions.drop(response, https=https)
    return response
