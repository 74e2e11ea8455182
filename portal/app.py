"""Every address of the portal on one screen."""

from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from backend.context import Runtime
from backend.web import static
from portal import developers, docs, home, keys, login, logs, page, payment, payments, reference, webhooks
from portal.page import Page

HOME = Page(home.index, "home.html", "latest")
PAYMENTS = Page(payments.index, "payments.html", "list")
PAYMENT = Page(payment.show, "payment.html", "detail")
CAPTURE = Page(payment.show, "payment.html", "detail", payment.capture)
CANCEL = Page(payment.show, "payment.html", "detail", payment.cancel)
REFUND = Page(payment.show, "payment.html", "detail", payment.refund)
RECEIPT = Page(payment.show, "payment.html", "detail", payment.receipt)
DEVELOPERS = Page(developers.index, "developers.html")
VERSION = Page(developers.index, "developers.html", None, developers.set_version)
NEW_KEY = Page(keys.new, "key.html", None, keys.create)
KEY = Page(keys.show, "key.html", None, keys.update)
ROLL_KEY = Page(keys.show, "key.html", None, keys.roll)
REVEAL_KEY = Page(keys.show, "key.html", None, keys.reveal)
REVOKE_KEY = Page(keys.show, "key.html", None, keys.revoke)
HOOK = Page(webhooks.show, "webhook.html", "detail")
RESEND = Page(webhooks.show, "webhook.html", "detail", webhooks.resend)
LOGS = Page(logs.index, "logs.html", "list")
LOG = Page(logs.show, "log.html")


async def missing(request: Request, _: Exception) -> Response:
    return page.told(request, "Not found", "There is nothing at this address.", 404)


async def first(_: Request) -> Response:
    """GET /test: the mode alone leads to its first page."""
    return RedirectResponse("/", 303)


async def robots(_: Request) -> Response:
    return PlainTextResponse("User-agent: *\nAllow: /docs\nDisallow: /\n")


def _page(path: str, shown: Page, *methods: str) -> Route:
    """A page that only members with a role for it may open; see `portal/rights.py`."""
    return Route(path, partial(shown.__call__, path), methods=list(methods))


ROUTES: tuple[BaseRoute, ...] = (
    _page("/", HOME, "GET"),
    Route("/robots.txt", robots),
    Mount("/static", static.serve),
    Route("/login", login.show),
    Route("/login", login.sign_in, methods=["POST"]),
    Route("/logout", login.sign_out, methods=["POST"]),
    Route("/docs", docs.show),
    Route("/docs/api", reference.index),
    Route("/docs/api/{resource}", reference.show),
    Route("/docs/{name:path}", docs.show),
    Route("/test", first),
    _page("/{mode}/payments", PAYMENTS, "GET"),
    _page("/{mode}/payments/{id}", PAYMENT, "GET"),
    _page("/{mode}/payments/{id}/capture", CAPTURE, "POST"),
    _page("/{mode}/payments/{id}/cancel", CANCEL, "POST"),
    _page("/{mode}/payments/{id}/refund", REFUND, "POST"),
    _page("/{mode}/payments/{id}/receipt", RECEIPT, "POST"),
    _page("/{mode}/developers", DEVELOPERS, "GET"),
    _page("/{mode}/developers/version", VERSION, "POST"),
    _page("/{mode}/developers/keys/new", NEW_KEY, "GET", "POST"),
    _page("/{mode}/developers/keys/{id}", KEY, "GET", "POST"),
    _page("/{mode}/developers/keys/{id}/roll", ROLL_KEY, "POST"),
    _page("/{mode}/developers/keys/{id}/reveal", REVEAL_KEY, "POST"),
    _page("/{mode}/developers/keys/{id}/revoke", REVOKE_KEY, "POST"),
    _page("/{mode}/developers/webhooks/{id}", HOOK, "GET"),
    _page("/{mode}/developers/webhooks/{id}/resend", RESEND, "POST"),
    _page("/{mode}/logs", LOGS, "GET"),
    _page("/{mode}/logs/{id}", LOG, "GET"),
)


def create(runtime: Runtime, describe: Callable[[], dict[str, Any]]) -> ASGIApp:
    """The portal as an ASGI app; `describe` gives the OpenAPI document that the reference shows."""
    app = Starlette(routes=list(ROUTES), exception_handlers={404: missing})
    app.state.runtime, app.state.reference = runtime, reference.Reference(describe)
    return app
