"""The one wrapper of the portal's pages: login, role, CSRF, mode, whole page or the one block that htmx asked for.

A view returns plain values and knows no HTTP; an action returns where to go next (POST -> 303 -> GET), so every form
works without JavaScript. An action that has something to show only once, a new key, returns the values of its page.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from backend import ids
from backend.accounts import environments, members, roles
from backend.accounts.members import Member
from backend.context import Context, Runtime
from backend.db import absence
from backend.errors import FarthingError, InvalidRequest, NotFound, PermissionDenied, Transient
from backend.requests import answers
from backend.web import bodies, callers, compression, errors, headers, sessions, templating
from backend.web.headers import Surface
from portal import rights, words

log = structlog.get_logger(__name__)
Row = dict[str, Any]
View = Callable[[Context, Row], Awaitable[Row]]
Action = Callable[[Context, Row], Awaitable[str | Row]]
_SURFACE = Surface(connect=("'self'",))
_MODES = ("test", "live")
_OURS = frozenset(("typed", "wrong", "locale"))
"""What a view is told beside the address: no address says it."""


def runtime(request: Request) -> Runtime:
    found: Runtime = request.app.state.runtime
    return found


def https(request: Request) -> bool:
    return runtime(request).settings.api_base.startswith("https")


async def member(request: Request) -> Member | None:
    """Who is signed in, or None."""
    token = sessions.read(request, https=https(request))
    return await members.by_token(runtime(request), token) if token else None


def html(request: Request, template: str, values: Row, *, status: int = 200, block: str | None = None) -> HTMLResponse:
    """A page of the portal or one block of it, with its headers."""
    nonce = headers.nonce()
    who: Member | None = values.get("member")
    shared = {"nonce": nonce, "words": words, "path": request.url.path, "member": None, "mode": "test",
              "problem": None, "api_base": runtime(request).settings.api_base, "own_key": None,
              "pay_base": runtime(request).settings.pay_base,
              "may": partial(rights.may, who.role) if who else _anybody, **values}
    name = f"portal/{template}"
    body = templating.render_block(name, block, **shared) if block else templating.render(name, **shared)
    found = headers.page(_SURFACE, nonce, https=https(request))
    return compression.html(request, body, status, {**found, "Vary": "HX-Request"}, https=https(request))


def told(request: Request, title: str, lead: str, status: int, who: Member | None = None, *,
         again: bool = False) -> HTMLResponse:
    """A page that only tells; with `again` it has a way to ask for the same page once more. To a partial request it
    answers with what stands below the navigation, in its place."""
    block = _wanted(request, "main")
    url = request.url
    here = url.path + (f"?{url.query}" if url.query else "") if again and request.method == "GET" else None
    values = {"title": title, "lead": lead, "member": who, "again": here}
    answer = html(request, "told.html", values, status=status, block=block)
    if block:
        answer.headers.update({"HX-Retarget": "#main", "HX-Reswap": "innerHTML"})
    return answer


_TOLD: tuple[tuple[type[FarthingError], str, str], ...] = (
    (NotFound, "Not found", "There is nothing at this address, or it is not yours."),
    (PermissionDenied, "Not allowed", ""), (InvalidRequest, "That did not work", ""),
    (Transient, "One moment, please", ""))
"""What a page that could not be made is called, and what it says where that is not the error's own sentence."""


def failed(request: Request, error: Exception) -> HTMLResponse:
    """The page of an error, with the status that the API would give it."""
    for kind, title, lead in _TOLD:
        if isinstance(error, kind):
            shown = told(request, title, lead or errors.cleaned(error).message, answers.status(error),
                         again=kind is Transient)
            shown.headers.update(error.headers)
            return shown
    if absent := absence(error):
        log.warning("portal.database_away", path=request.url.path, error=str(error))
        return told(request, absent, "What you sent may not be stored. Wait a moment, then load the page again.", 503,
                    again=True)
    log.error("portal.crash", path=request.url.path, exc_info=error)
    return told(request, "Something went wrong on our side", "Wait a moment, then load the page again.", 500,
                again=True)


def _anybody(method: str, path: str) -> bool:
    """Who has not signed in is shown every way: it leads to the login."""
    return True


async def _not_yours(request: Request, who: Member, path: str) -> Response:
    """403, with the roles that may and up to three people who have one of them."""
    can = rights.MAY.get((request.method, path), frozenset())
    named = [f"an {role}" if role[0] in "aeiou" else f"a {role}" for role in roles.ROLES if role in can]
    people = await members.who_may(runtime(request), who.account, can)
    lead = (f"Your role, {who.role}, does not include this. {words.listed(named, 'or').capitalize()} can do it"
            + (f": ask {words.listed(people, 'or')}." if people else "."))
    return told(request, "Not for your role", lead, 403, who)


async def form(request: Request) -> Row:
    """The fields of a POST; raises TooLarge and InvalidRequest."""
    return {name: _storable(value) for name, value in (await bodies.form(request)).items()}


def _storable(text: str) -> str:
    """Without null characters, which PostgreSQL takes in no text."""
    return text.replace("\x00", "")


def _wanted(request: Request, block: str | None) -> str | None:
    """The block to answer with: only to a partial request of htmx, never when it restores history."""
    asked = request.headers.get("hx-request") == "true" and "hx-history-restore-request" not in request.headers
    return block if asked and request.headers.get("hx-request-type", "partial") == "partial" else None


@dataclass(frozen=True, slots=True)
class Page:
    """One page: GET shows `view` through `template`; each POST path runs an action and comes back."""

    view: View
    template: str
    block: str | None = None
    action: Action | None = None

    async def __call__(self, path: str, request: Request) -> Response:
        """Answer a request to the route `path`."""
        try:
            sessions.check_origin(request, https=https(request))
            who = await member(request)
            if who is None:
                return _to_login(request)
            if not rights.may(who.role, request.method, path):
                return await _not_yours(request, who, path)
            ctx = await context(request, who)
            given = {**request.query_params, **request.path_params}
            values: Row = {name: _storable(value) for name, value in given.items() if name not in _OURS}
            values["locale"] = request.headers.get("accept-language", "").split(",")[0].split(";")[0]
            if request.method == "POST":
                return await self._act(request, ctx, who, values)
            return await self._show(request, ctx, who, values)
        except Exception as error:
            return failed(request, error)

    async def _show(self, request: Request, ctx: Context, who: Member, values: Row, *, problem: str | None = None,
                    status: int = 200) -> Response:
        found = await self.view(ctx, values)
        shown = {**found, "member": who, "mode": request.path_params.get("mode", "test"), "problem": problem}
        if not rights.sees_keys(who.role):
            shown.pop("own_key", None)
        return html(request, self.template, shown, status=status, block=_wanted(request, self.block))

    async def _act(self, request: Request, ctx: Context, who: Member, values: Row) -> Response:
        """Run the action; an error of the backend is shown on the page itself, with 422."""
        assert self.action
        typed = await form(request)
        try:
            done = await self.action(ctx, {**typed, **values})
            if isinstance(done, str):
                return RedirectResponse(done, 303)
            shown = {**done, "member": who, "mode": request.path_params.get("mode", "test")}
            return html(request, self.template, shown, block=_wanted(request, self.block))
        except NotFound:
            raise
        except FarthingError as error:
            kept = {**values, "typed": typed, "wrong": error.param}
            return await self._show(request, ctx, who, kept, problem=error.message, status=422)


async def context(request: Request, who: Member) -> Context:
    """The environment of the address's mode, test where it names none; raises NotFound."""
    mode = request.path_params.get("mode", "test")
    if mode not in _MODES:
        raise NotFound("page", mode)
    env = await members.environment(runtime(request), who, mode)
    return await environments.context(runtime(request), env, actor=who.id, request_id=f"req_{ids.token(14)}",
                                      client=callers.client(request))


def _to_login(request: Request) -> Response:
    """Sign in first; only the path is carried along, so that the way back cannot leave this site."""
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    back = quote(request.url.path) if request.method == "GET" else ""
    return RedirectResponse(f"/login?next={back}" if back not in ("", "/") else "/login", 303)
