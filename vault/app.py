"""Every public route of the vault on one screen."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.errors import NotFound
from vault import checkout, passing
from vault.browser import Browser
from vault.endpoint import common_headers, endpoint, json, render
from vault.parts import Parts

_PREFLIGHT = {"Access-Control-Allow-Methods": "POST", "Access-Control-Max-Age": "600",
              "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, Idempotency-Key, Stripe-Account, "
                                              "Stripe-Version"}
_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


def create(parts: Parts) -> Starlette:
    """The vault's HTTP door."""
    app = Starlette(
        routes=[
            *Browser(parts.settings).routes,
            Route("/v1/payment_methods", endpoint(passing.methods, headers=_anyone), methods=["POST"]),
            Route("/v1/payment_methods", endpoint(_preflight, headers=_anyone), methods=["OPTIONS"]),
            Route("/v1/tokens", endpoint(passing.new_token, headers=_anyone), methods=["POST"]),
            Route("/v1/tokens", endpoint(_preflight, headers=_anyone), methods=["OPTIONS"]),
            Route("/checkout/card", endpoint(checkout.keep, checkout.refused, checkout.cross_origin),
                  methods=["POST"]),
            Route("/checkout/card", endpoint(_preflight, headers=checkout.cross_origin), methods=["OPTIONS"]),
            Route("/v{version:int}/{rest:path}", endpoint(passing.hand_on, headers=_anyone), methods=_METHODS),
            Route("/", endpoint(_about)),
            Route("/healthz", endpoint(_alive)),
            Route("/readyz", endpoint(_ready)),
        ],
        exception_handlers={HTTPException: _nothing_here},
    )
    app.router.redirect_slashes = False
    app.state.parts = parts
    return app


def _anyone(parts: Parts) -> dict[str, str]:
    """Any page may post a card with a publishable key; cookies are never looked at, so none are allowed."""
    return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Request-Id"}


async def _preflight(parts: Parts, request: Request) -> Response:
    return Response(status_code=204, headers=_PREFLIGHT)


async def _about(parts: Parts, request: Request) -> Response:
    """What this address is for, told to whoever opens it."""
    return json({"about": "The card vault. It answers the whole API and keeps the card numbers: give this address to "
                          "your library if your server sends card numbers itself.",
                 "api": f"{parts.settings.vault_base}/v1",
                 "documentation": f"{parts.settings.api_base}/docs/card-numbers-from-your-server"})


async def _alive(parts: Parts, request: Request) -> Response:
    return json({"status": "ok"})


async def _ready(parts: Parts, request: Request) -> Response:
    """200 while the database answers."""
    try:
        ready = await parts.db.ping()
    except Exception:
        ready = False
    return json({"status": "ok" if ready else "the database does not answer"}, 200 if ready else 503)


async def _nothing_here(request: Request, error: Exception) -> Response:
    """Unknown routes and methods get the contract's 404, which says nothing of what else there is."""
    parts: Parts = request.app.state.parts
    missing = NotFound("route", "")
    missing.message, missing.param = "Unrecognized request URL.", None
    response = render(parts, missing)
    response.headers.update(common_headers(parts))
    return response
