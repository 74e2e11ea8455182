"""The bank's check: a page that frames the bank's own, and the address where the bank sends the payer back.

What the browser brings back is ignored; the server fetches the result from the issuer itself (security A15).
"""

from types import ModuleType
from urllib.parse import parse_qsl, urlencode, urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from backend import ids
from backend.accounts import environments
from backend.checkout_sessions import sessions
from backend.context import Client
from backend.errors import ApiError, Transient
from backend.payments import authentications
from backend.setups import authentications as setups
from backend.web import callers, headers
from backend.web.headers import Surface
from checkout import page

log = structlog.get_logger(__name__)


def origin(url: str) -> str:
    """`scheme://host:port` of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _surface(bank: str) -> Surface:
    """Our own checkout may frame this page; it frames the bank and posts to the bank only."""
    return Surface(forms=("'self'", bank), frames=("'self'", bank), ancestors=("'self'",), referrer="no-referrer")


def _nested(request: Request, *forms: str) -> Surface:
    """Our checkout, or a frame of the vault's in a merchant's page, holds this page in a frame."""
    settings = page.runtime(request).settings
    return Surface(forms=("'self'", *forms), ancestors=("'self'", settings.elements_base,
                                                       *headers.merchants(live=settings.live)),
                   referrer="no-referrer", extra=headers.NESTED)


async def show(request: Request) -> Response:
    """GET /3ds/{id}: in a frame of our checkout, or as a whole page for merchants who were sent a redirect."""
    id = str(request.path_params["id"])
    found = await _of(id).get(page.runtime(request), id)
    await _speak(request, found.get("payment_intent") or found["setup_intent"])
    if found["status"] == "finished":
        return _done(request, id)
    values = {"acs_url": found["acs_url"], "creq": found["creq"], "return_path": f"/3ds/{id}/return"}
    return page.html(request, "challenge.html", values, allow=_surface(origin(found["acs_url"])))


async def framed(request: Request) -> Response:
    """GET /3ds/{id}/framed: the way to the bank in the very frame that a card frame's own page has for it."""
    id = str(request.path_params["id"])
    found = await _of(id).get(page.runtime(request), id)
    await _speak(request, found.get("payment_intent") or found["setup_intent"])
    if found["status"] == "finished":
        return _done(request, id)
    values = {"acs_url": found["acs_url"], "creq": found["creq"]}
    return page.html(request, "challenge_framed.html", values, allow=_nested(request, origin(found["acs_url"])))


async def complete(request: Request) -> Response:
    """POST /3ds/{id}/complete: the bank's page posts here; its message is not read.

    When the bank cannot be asked right now, or somebody else works on the payment, the page around is told all the
    same: it asks how the payment stands and offers the payer to go on, where an error inside the frame would leave them
    stuck.
    """
    id = str(request.path_params["id"])
    try:
        intent = await _of(id).complete(page.runtime(request), id, _payer(request))
        await _speak(request, intent["id"])
    except (ApiError, Transient) as error:
        log.warning("checkout.challenge_unfinished", authentication=id, error=error.message)
    return _done(request, id)


async def abandon(request: Request) -> Response:
    """POST /3ds/{id}/abandon: the payer closed the check; takes the bank's result when there is one.

    Our own page says so, or the vault's, where the check stood in a merchant's page."""
    elements = page.runtime(request).settings.elements_base
    if request.headers.get("origin") != elements:
        page.same_origin(request)
    id = str(request.path_params["id"])
    intent = await _of(id).abandon(page.runtime(request), id, _payer(request))
    told = page.json({"status": intent["status"]})
    told.headers.update({"Access-Control-Allow-Origin": elements, "Cross-Origin-Resource-Policy": "cross-origin"})
    return told


async def back(request: Request) -> Response:
    """GET /3ds/{id}/return: on to the merchant, who learns the outcome's name and then asks the API."""
    id = str(request.path_params["id"])
    found = await _of(id).get(page.runtime(request), id)
    intent = await _of(id).complete(page.runtime(request), found["id"], _payer(request))
    status = {"succeeded": "succeeded", "requires_capture": "succeeded", "processing": "pending",
              "requires_action": "pending"}.get(intent["status"], "failed")
    if not found["return_url"]:
        await _speak(request, intent["id"])
        return page.told(request, "paid" if status == "succeeded" else "unfinished_home", mood="good"
                         if status == "succeeded" else "off", seller=found["merchant"], test=not found["livemode"])
    parts = urlsplit(found["return_url"])
    told = {intent["object"]: intent["id"], f"{intent['object']}_client_secret": found["client_secret"],
            "redirect_status": status}
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in told]
    query = [*kept, *told.items()]  # what an earlier payment left in the address must not be taken for this one's
    return RedirectResponse(parts._replace(query=urlencode(query)).geturl(), 303, {"Cache-Control": "no-store"})


def _payer(request: Request) -> Client:
    """Who comes back. Their try was counted as a shopper's when it began, and is not counted once more."""
    return callers.client(request)


async def _speak(request: Request, intent: str) -> None:
    """In the language of the checkout session that an intent belongs to; without a session in the browser's."""
    env = ids.environment(intent)
    assert env, intent
    session = await sessions.of_intent(await environments.context(page.runtime(request), env, actor="shopper"), intent)
    page.speak(request, session["locale"] if session else None)


def _of(id: str) -> ModuleType:
    """The verbs of a payment's challenge, or of a setup's."""
    return setups if setups.ours(id) else authentications


def _done(request: Request, id: str) -> Response:
    values = {"auth": id, "return_path": f"/3ds/{id}/return",
              "elements": page.runtime(request).settings.elements_base}
    return page.html(request, "challenge_done.html", values, allow=_nested(request))
