"""Every public route of the API on one screen."""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import (
    balance,
    charges,
    checkout_sessions,
    customers,
    events,
    health,
    payment_intents,
    payment_methods,
    refunds,
    webhook_endpoints,
)
from api.endpoint import API_VERSION, Endpoint
from api.types import without_cards
from backend import ids
from backend.accounts.api_keys import Keyring
from backend.context import Runtime
from backend.errors import InvalidRequest
from backend.requests import answers

_PREFLIGHT = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, POST, DELETE",
              "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Stripe-Version, "
                                              "Stripe-Account, X-Stripe-Client-User-Agent",
              "Access-Control-Max-Age": "300"}


def _read(handler: Any, params: Any = None, **options: Any) -> Endpoint:
    return Endpoint(handler, params, **options) if params else Endpoint(handler, **options)


def _staged(handler: Any, params: Any, **options: Any) -> Endpoint:
    return Endpoint(handler, params, kind="staged", **options)


def _local(handler: Any, params: Any = None, **options: Any) -> Endpoint:
    return Endpoint(handler, params, kind="local", **options) if params else Endpoint(handler, kind="local", **options)


# path -> method -> endpoint
ROUTES: dict[str, dict[str, Endpoint]] = {
    "/v1/balance": {"GET": _read(balance.get)},
    "/v1/charges": {"GET": _read(charges.find, charges.FIND)},
    "/v1/charges/{id}": {"GET": _read(charges.get)},
    "/v1/checkout/sessions": {"GET": _read(checkout_sessions.find, checkout_sessions.FIND),
                              "POST": _local(checkout_sessions.create, checkout_sessions.CREATE, creates=True)},
    "/v1/checkout/sessions/{id}": {"GET": _read(checkout_sessions.get)},
    "/v1/checkout/sessions/{id}/expire": {"POST": _local(checkout_sessions.expire,
                                                                before=checkout_sessions.released_first)},
    "/v1/checkout/sessions/{id}/line_items": {"GET": _read(checkout_sessions.line_items, checkout_sessions.ITEMS)},
    "/v1/customers": {"GET": _read(customers.find, customers.FIND),
                      "POST": _local(customers.create, customers.FIELDS, creates=True)},
    "/v1/customers/{id}": {"GET": _read(customers.get), "POST": _local(customers.update, customers.FIELDS),
                           "DELETE": _local(customers.delete)},
    "/v1/customers/{id}/payment_methods": {"GET": _read(customers.methods, customers.METHODS)},
    "/v1/customers/{id}/payment_methods/{method}": {"GET": _read(customers.method)},
    "/v1/events": {"GET": _read(events.find, events.FIND)},
    "/v1/events/{id}": {"GET": _read(events.get)},
    "/v1/payment_intents": {"GET": _read(payment_intents.find, payment_intents.FIND),
                            "POST": _staged(payment_intents.create, payment_intents.CREATE)},
    "/v1/payment_intents/{id}": {"GET": _read(payment_intents.get, payment_intents.GET, publishable=True),
                                 "POST": _staged(payment_intents.update, payment_intents.UPDATE)},
    "/v1/payment_intents/{id}/confirm": {
        "POST": _staged(payment_intents.confirm, payment_intents.CONFIRM, publishable=True,
                        shopper=payment_intents.SHOPPER_CONFIRM)},
    "/v1/payment_intents/{id}/capture": {"POST": _staged(payment_intents.capture, payment_intents.CAPTURE)},
    "/v1/payment_intents/{id}/cancel": {"POST": _staged(payment_intents.cancel, payment_intents.CANCEL)},
    "/v1/payment_methods": {"GET": _read(payment_methods.find, payment_methods.FIND),
                            "POST": _local(payment_methods.create, payment_methods.CREATE, creates=True,
                                           before=payment_methods.made)},
    "/v1/payment_methods/{id}": {"GET": _read(payment_methods.get),
                                 "POST": _local(payment_methods.update, payment_methods.UPDATE,
                                                before=payment_methods.known)},
    "/v1/payment_methods/{id}/attach": {"POST": _local(payment_methods.attach, payment_methods.ATTACH,
                                                       before=payment_methods.verified)},
    "/v1/payment_methods/{id}/detach": {"POST": _local(payment_methods.detach, before=payment_methods.known)},
    "/v1/refunds": {"GET": _read(refunds.find, refunds.FIND), "POST": _staged(refunds.create, refunds.CREATE)},
    "/v1/refunds/{id}": {"GET": _read(refunds.get), "POST": _staged(refunds.update, refunds.UPDATE)},
    "/v1/refunds/{id}/cancel": {"POST": Endpoint(refunds.cancel, kind="staged")},
    "/v1/webhook_endpoints": {"GET": _read(webhook_endpoints.find, webhook_endpoints.FIND),
                              "POST": _local(webhook_endpoints.create, webhook_endpoints.CREATE, creates=True,
                                             secret=True)},
    "/v1/webhook_endpoints/{id}": {"GET": _read(webhook_endpoints.get),
                                   "POST": _local(webhook_endpoints.update, webhook_endpoints.UPDATE),
                                   "DELETE": _local(webhook_endpoints.delete)},
}


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
    headers = {"Request-Id": f"req_{ids.token(14)}", "Stripe-Version": API_VERSION}
    await Response(answer.body, 404, headers, "application/json")(scope, receive, send)


def create(runtime: Runtime) -> Starlette:
    """The API as an ASGI application."""
    routes = [Route(path, _Methods(methods)) for path, methods in ROUTES.items()]
    app = Starlette(routes=[Route("/healthz", health.healthz), Route("/readyz", health.readyz), *routes,
                            Route("/{rest:path}", _Methods({}))])
    app.state.runtime, app.state.keyring = runtime, Keyring(runtime)
    return app
