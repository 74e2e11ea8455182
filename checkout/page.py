"""The one wrapper of the shopper's pages: finds the environment, sets the headers, turns errors into pages or JSON."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from backend import ids, published
from backend.accounts import environments
from backend.checkout_sessions.visits import LOCALES
from backend.config import Settings
from backend.context import Context, Runtime
from backend.errors import (
    CardError,
    Conflict,
    FarthingError,
    InvalidRequest,
    Locked,
    NotFound,
    PermissionDenied,
    Transient,
)
from backend.languages import Language
from backend.requests import answers
from backend.web import callers, compression, errors, headers, templating
from backend.web.headers import Surface
from checkout import words

log = structlog.get_logger(__name__)
View = Callable[[Request], Awaitable[Response]]


def runtime(request: Request) -> Runtime:
    found: Runtime = request.app.state.runtime
    return found


def surface(settings: Settings, images: tuple[str, ...] = ()) -> Surface:
    """Hosted pages: the card may go to the vault, the bank's page may be framed, nobody may frame us. `images` are the
    origins of the pictures of what is sold."""
    return Surface(images=images, connect=("'self'", settings.elements_base), forms=("'self'", settings.elements_base),
                   frames=("'self'", settings.elements_base, settings.bank_base), referrer="no-referrer")


def speak(request: Request, wanted: str | None = None) -> Language:
    """The language of a request's answer from here on: the one that its session wants, else the one that its address
    wants (`?locale=`), else the browser's."""
    asked = request.query_params.get("locale", "")
    if wanted in (None, "auto"):
        wanted = asked if asked in LOCALES else None
    found = words.DOMAIN.language(wanted, request.headers.get("accept-language", ""))
    request.state.say = found
    return found


def say(request: Request) -> Language:
    """The language that was chosen for this request; the browser's until then."""
    found: Language = getattr(request.state, "say", None) or speak(request)
    return found


def asking(session: Mapping[str, Any], say: Language) -> str:
    """The query of a step that looks at its session only later: the language, where the session names one."""
    return "" if session["locale"] in (None, "auto") else f"?locale={say.tag}"


def html(request: Request, template: str, values: Mapping[str, Any], *, status: int = 200,
         allow: Surface | None = None) -> HTMLResponse:
    """A page with its headers; every template gets the language and its `t`, `nonce` and `home`."""
    settings = runtime(request).settings
    nonce = headers.nonce()
    language = say(request)
    body = templating.render(f"checkout/{template}", say=language, t=language.text, nonce=nonce,
                             home=settings.api_base, **values)
    https = settings.pay_base.startswith("https")
    return compression.html(request, body, status, headers.page(allow or surface(settings), nonce, https=https),
                            https=https)


def told(request: Request, key: str, *, mood: str, status: int = 200, seller: str = "", title: str = "",
         lead: str = "", **more: Any) -> HTMLResponse:
    """A page that only tells; `key` names its words in the catalogue."""
    t = say(request).text
    values = {"title": title or t(f"{key}_title"), "lead": lead or t(key, seller=seller),
              "mood": mood, "seller": seller, "sum": None, "rows": [], "link": None, "poll": None, "here": None,
              "test": False, **more}
    return html(request, "told.html", values, status=status)


def json(content: Mapping[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(dict(content), status, {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
                                                "Referrer-Policy": "no-referrer"})


async def context(request: Request, id: str) -> Context:
    """The environment that the id of a session or link names; raises NotFound for what is no id of ours."""
    env = ids.environment(id) if id.startswith(("cs_test_", "cs_live_", "plink_")) else None
    if env is None:
        raise NotFound("checkout.session", id, "session")
    return await environments.context(runtime(request), env, actor="shopper", request_id=f"req_{ids.token(14)}",
                                      shown=True, client=callers.client(request, shopper=True))


def same_origin(request: Request) -> None:
    """Refuse what another site's page sends (portal rule 9). Return addresses for the bank do not call this."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    fine = site in ("same-origin", "none") if site else origin in (None, runtime(request).settings.pay_base)
    if not fine:
        raise PermissionDenied("This request came from another site.")


def refusal(say: Language, error: FarthingError) -> dict[str, Any]:
    """What a shopper is told of a decline: our own words, one code for all that an issuer may think of a card."""
    return spoken(say, error.code, error.extra.get("decline_code"))


def spoken(say: Language, code: str | None, decline_code: str | None = None) -> dict[str, Any]:
    """The public part of a decline, by its codes; that only test cards work says nothing of a card."""
    told = decline_code if decline_code in words.OF_MODE else published.spoken(code)
    return {"message": words.decline(say, told), "code": told, "field": words.FIELD_OF.get(told or "")}


def page(view: View) -> View:
    """Errors become pages: 404 for unknown ids, a calm sentence for our own faults."""
    async def wrapped(request: Request) -> Response:
        try:
            return await view(request)
        except NotFound:
            return told(request, "missing", mood="off", status=404)
        except Transient as error:
            return _wait(request, error)
        except InvalidRequest as error:
            return told(request, "missing", mood="off", status=answers.status(error),
                        lead=words.refusal(say(request), errors.cleaned(error), "missing"))
        except Exception as error:
            _note(request, error)
        return told(request, "trouble", mood="bad", status=503)
    return wrapped


def _wait(request: Request, error: Transient) -> HTMLResponse:
    """What cannot be done at this moment: why, for how long where that is known, and the way to try again."""
    language = say(request)
    later, said = words.later(language, error), ""
    if not isinstance(error, Conflict | Locked):
        said = words.refusal(language, errors.cleaned(error), "too_often")
    shown = told(request, "wait", mood="off" if later else "wait", status=answers.status(error), lead=said,
                 title=language.text("wait_long_title") if later else "",
                 link={"url": _again(request), "text": language.text("retry")})
    shown.headers.update(error.headers)
    return shown


def _again(request: Request) -> str:
    """The address to try again: this one, and of what was sent by a form the page that it stands on."""
    url = request.url
    if request.method == "POST":
        return url.path.rpartition("/")[0]
    return f"{url.path}?{url.query}" if url.query else url.path


def answer(view: View) -> View:
    """Errors become JSON for our own script; 5xx means: keep the data, ask again."""
    async def wrapped(request: Request) -> Response:
        try:
            return await view(request)
        except (CardError, InvalidRequest, Transient) as error:
            return refused(request, errors.cleaned(error))
        except Exception as error:
            _note(request, error)
        return json({"error": {"message": say(request).text("trouble"), "code": None}}, 503)
    return wrapped


def refused(request: Request, error: FarthingError) -> JSONResponse:
    """What our script is told of an error, with the status that the API would give it."""
    if error.code == "session_closed":
        return json({"status": "expired"})
    if isinstance(error, NotFound) and error.param != "session":  # the card, which the vault no longer has
        return json({"error": spoken(say(request), "token_invalid")}, 400)
    said = refusal(say(request), error) if isinstance(error, CardError) else \
        {"message": words.refusal(say(request), error, "broken"), "code": error.code, "field": error.param}
    shown = json({"error": said}, answers.status(error))
    shown.headers.update(error.headers)
    return shown


def _note(request: Request, error: Exception) -> None:
    """Log what the shopper is not told of."""
    if isinstance(error, FarthingError):
        log.warning("checkout.error", path=request.url.path, error=error.message)
    else:
        log.error("checkout.crash", path=request.url.path, exc_info=error)
