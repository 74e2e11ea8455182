"""Every public route of the API on one screen."""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import (
    account,
    balance,
    balance_transactions,
    charges,
    checkout_sessions,
    country_specs,
    customers,
    events,
    exchange_rates,
    file_links,
    files,
    health,
    objects,
    payment_intents,
    payment_methods,
    refunds,
    tax_rates,
    webhook_endpoints,
)
from api.card_numbers import without_cards
from api.endpoint import Endpoint, Routes
from backend import ids
from backend.accounts.api_keys import Keyring
from backend.context import Runtime
from backend.errors import InvalidRequest
from backend.requests import answers
from backend.versions import versions

_PREFLIGHT = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, POST, DELETE",
              "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Stripe-Version, "
                                              "Stripe-Account, X-Stripe-Client-User-Agent",
              "Access-Control-Max-Age": "300"}


_RESOURCES = (
    account,
    balance,
    balance_transactions,
    charges,
    checkout_sessions,
    country_specs,
    customers,
    events,
    exchange_rates,
    file_links,
    files,
    payment_intents,
    payment_methods,
    refunds,
    tax_rates,
    webhook_endpoints,
)
ROUTES: Routes = {path: methods for resource in _RESOURCES for path, methods in resource.ROUTES.items()}
"""path -> method -> endpoint"""


class _Methods:
    """One path: its methods, the preflight, and an answer for every other method."""

    def __init__(self, methods: dict[str, Endpoint]) -> None:
        self._methods = methods

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
            return
        endpoint = self._methods.get(scope["method"])
        await (endpoint or unknown_route)(scope, receive, send)


async def unknown_route(scope: Any, receive: Any, send: Any) -> None:
    """404 in the API's own form, with the request id."""
    request = Request(scope, receive)
    path = without_cards(request.url.path[:400])[:200]
    error = InvalidRequest(
        f"Unrecognized request URL ({request.method}: {path}). Either it is misspelt or it is not implemented here; "
        f"what is stands at {request.app.state.runtime.settings.api_base}/docs.")
    answer = answers.of_error(error)
    headers = {"Request-Id": f"req_{ids.token(14)}", "Stripe-Version": versions.LATEST}
    await Response(answer.body, 404, headers, "application/json")(scope, receive, send)


def create(runtime: Runtime) -> Starlette:
    """The API as an ASGI application."""
    routes = [Route(path, _Methods(methods)) for path, methods in ROUTES.items()]
    app = Starlette(routes=[Route("/healthz", health.healthz), Route("/readyz", health.readyz), *routes,
                            Route("/v1/links/{id}/{secret}", files.follow, methods=["GET"]),
                            Route("/{rest:path}", _Methods({}))])
    app.state.runtime, app.state.keyring, app.state.expander = runtime, Keyring(runtime), objects.EXPANDER
    return app
