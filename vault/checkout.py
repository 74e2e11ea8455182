"""`POST /checkout/card`: the hosted checkout's card form, which posts here and never to the web process.

The form carries a token that the web signed for one checkout session; that token is trusted and not the Origin header,
which browsers send as `null` from pages with `Referrer-Policy: no-referrer`.
"""

import re
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from backend.cards import owners, tokens
from backend.cards.inputs import check, expiry
from backend.crypto import open_token
from backend.errors import FarthingError, PermissionDenied
from backend.web import bodies
from vault import params
from vault.endpoint import json
from vault.parts import Parts

_PARAMS = {"number": "cardNumber", "exp_month": "cardExpiry", "exp_year": "cardExpiry", "cvc": "cardCvc"}
_OWNER = {"name": "billingName", "email": "email", "country": "billingCountry", "postal_code": "billingPostalCode"}
_SUBJECT = re.compile(r"([0-9]{1,18}):([A-Za-z0-9_]{1,255})")


async def keep(parts: Parts, request: Request) -> Response:
    """Keep the card of one checkout session; JSON for a script, a redirect back to the page for a plain form."""
    given = await bodies.given(request, bodies.FORM_MAX)
    tree = given.read()[0]
    env, session = _session(parts, params.SESSION.parse({
        name: value for name, value in tree.items() if name in params.SESSION.fields})["session_token"])
    request.state.session = session  # from here on a payer is sent back to their page
    found = params.CHECKOUT.parse(tree)
    owner = await owners.of_environment(parts.db, env)
    if owner is None:
        raise PermissionDenied("This checkout session is not known here.", param="session_token")
    shown = await _kept(parts, env, owner["account"], found)
    if _wants_json(request):
        card = shown["card"]
        return json({"payment_method": {"id": shown["token"], "card": {
            name: card[name] for name in ("brand", "last4", "exp_month", "exp_year")}}})
    return _back(parts, session, "/pay", payment_method=shown["token"])


def refused(parts: Parts, request: Request, error: FarthingError) -> Response | None:
    """The answer to a plain form whose card did not pass; None lets a script have the usual JSON."""
    if error.param in _PARAMS:
        error.param = _PARAMS[error.param]
    if _wants_json(request):
        return None
    session = getattr(request.state, "session", None)
    if session is None:
        return Response(f"{error.message}\n", 400, media_type="text/plain")
    return _back(parts, session, "", error=error.code or error.type, **({"param": error.param} if error.param else {}))


def cross_origin(parts: Parts) -> dict[str, str]:
    """The hosted pages' origin, and no other, may read the answers from a script."""
    return {"Access-Control-Allow-Origin": parts.settings.pay_base, "Vary": "Origin, Accept"}


async def _kept(parts: Parts, env: int, account: str, found: dict[str, str]) -> dict[str, Any]:
    month, year = expiry(found["cardExpiry"])
    typed = check(found["cardNumber"], month, year, found["cardCvc"], parts.clock.now().astimezone(UTC).date())
    said = {name: found.get(field, "").strip() for name, field in _OWNER.items()}
    return await tokens.keep(parts.safe, env, account, typed, parts.directory.enrolment(typed.number),
                             tokens.Extras(billing_details=tokens.billing(said, said)))


def _session(parts: Parts, token: str) -> tuple[int, str]:
    """(environment, checkout session) of a token that the web signed."""
    subject = _SUBJECT.fullmatch(open_token(parts.checkout_secret, token) or "")
    if subject is None:
        raise PermissionDenied("This page has expired; reload it and enter your card again.", param="session_token")
    return int(subject[1]), subject[2]


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _back(parts: Parts, session: str, step: str, **query: str) -> Response:
    return RedirectResponse(f"{parts.settings.pay_base}/c/{session}{step}?{urlencode(query)}", 303)

