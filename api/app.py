"""Every public route of the API on one screen."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
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
    coupons,
    customer_balances,
    customer_sources,
    customers,
    description,
    disputes,
    events,
    exchange_rates,
    file_links,
    files,
    health,
    mandates,
    objects,
    openapi,
    payment_intents,
    payment_links,
    payment_methods,
    persons,
    prices,
    products,
    promotion_codes,
    refunds,
    setup_intents,
    shipping_rates,
    tax_ids,
    tax_rates,
    tokens,
    visits,
    webhook_endpoints,
)
from api.addresses import Addresses
from api.endpoint import Endpoint, Routes
from api.rights import Rights
from api.traffic import Traffic
from api.uploads import Turns
from api.visits import Visit
from backend import card_numbers, ids
from backend.accounts.api_keys import Keyring
from backend.context import Context, Runtime
from backend.errors import InvalidRequest
from backend.requests import answers
from backend.requests.writer import Writer
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
    coupons,
    customer_balances,
    customer_sources,
    customers,
    disputes,
    events,
    mandates,
    exchange_rates,
    file_links,
    files,
    payment_intents,
    payment_links,
    payment_methods,
    prices,
    products,
    promotion_codes,
    refunds,
    shipping_rates,
    setup_intents,
    tax_ids,
    tax_rates,
    tokens,
    webhook_endpoints,
)
ROUTES: Routes = {path: methods for resource in _RESOURCES for path, methods in resource.ROUTES.items()}
"""path -> method -> endpoint"""
_PARTS = ("item",)
"""Objects that are only ever parts of others."""
FIXED = {one: frozenset(methods["POST"].params.fields.keys() - ROUTES[one]["POST"].params.fields.keys()
                        - {name for way in ROUTES.get(f"{one}/confirm", {}).values() for name in way.params.fields})
         for path, methods in ROUTES.items()
         if (one := f"{path}/{{id}}") in ROUTES and "POST" in methods and "POST" in ROUTES[one]}
"""What can be said only when an object is created, by the path of one."""
RIGHTS = Rights(objects.OBJECTS, {
    methods["GET"].returns: path for path, methods in sorted(ROUTES.items())
    if "GET" in methods and methods["GET"].returns and methods["GET"].returns not in _PARTS}, objects.FORMER)
"""What a restricted key may see, by where each object is read."""


async def _nothing(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    raise AssertionError("never called")

_NOBODY = Endpoint(_nothing, publishable=True)


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


_OF_SOURCES = re.compile(r"/v1/sources(/|$)")
_SOURCES = ("Source objects (src_…) are not here: cards are kept by POST /v1/customers/{id}/sources with a token, "
            "every other way to pay is a payment method")


async def unknown_route(scope: Any, receive: Any, send: Any) -> None:
    """404 in the API's own form, with the request id."""
    request = Request(scope, receive)
    path = card_numbers.hide(request.scope["path"][:400])[:200]
    error = InvalidRequest(
        f"Unrecognized request URL ({request.method}: {path}). "
        f"{_SOURCES if _OF_SOURCES.match(path) else 'Either it is misspelt or it is not implemented here'}; "
        f"what is stands at {request.app.state.runtime.settings.api_base}/docs.")
    answer, began = replace(answers.of_error(error), status=404), time.perf_counter()
    headers = {"Request-Id": f"req_{ids.token(14)}", "Stripe-Version": versions.LATEST}
    visit = Visit()
    with suppress(Exception):  # whose request it was matters only to the log
        await _NOBODY.opened(request, headers["Request-Id"], visit)
    if visit.ctx:
        answer = visits.with_log_url(visit.ctx, answer, headers)
        visits.note(request, visit, visit.ctx, answer, headers, (time.perf_counter() - began) * 1000)
    if "origin" in request.headers:
        headers |= visits.EXPOSED
    body = persons.pretty(answer.body) if persons.asks(scope["headers"]) else answer.body
    await Response(body, 404, headers, "application/json")(scope, receive, send)


async def _other_method(*_: Any) -> Any:
    """Of the addresses that stand beside the API's own."""
    return unknown_route


def describe(base: str) -> dict[str, Any]:
    """The OpenAPI document of these routes, for a server at `base`."""
    return description.document(ROUTES, objects.OBJECTS, base)


def create(runtime: Runtime) -> Starlette:
    """The API as an ASGI application."""
    document = openapi.Document(lambda: describe(runtime.settings.api_base))
    addresses = Addresses({path: _Methods(methods) for path, methods in ROUTES.items()}, _Methods({}))
    writer, traffic = Writer(runtime), Traffic(runtime)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await traffic.close()
            await writer.close()

    app = Starlette(lifespan=lifespan, exception_handlers={405: _other_method}, routes=[
        Route("/healthz", health.healthz), Route("/readyz", health.readyz),
        Route("/v1/openapi.json", document.__call__), Route("/v1/links/{id}/{secret}", files.follow, methods=["GET"])])
    app.router.default, app.router.redirect_slashes = addresses, False  # a Mount passes over an address with a newline
    app.state.runtime, app.state.keyring, app.state.expander = runtime, Keyring(runtime.db), objects.EXPANDER
    app.state.requests, app.state.traffic, app.state.rights, app.state.fixed = writer, traffic, RIGHTS, FIXED
    app.state.uploads = Turns()
    return app
