"""`POST /v1/payment_methods` and `/v1/tokens`: a card in, an id for it out, for merchants' pages and servers."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from backend.cards import numbers, owners, tokens
from backend.cards.inputs import Typed, check
from backend.customers import shapes, token_shapes
from backend.errors import AuthenticationFailed, InvalidRequest, NotFound
from backend.published import published
from vault import params
from vault.endpoint import body, json
from vault.parts import Parts

_TOKEN_ADDRESS = {"address_city": "city", "address_country": "country", "address_line1": "line1",
                  "address_line2": "line2", "address_state": "state", "address_zip": "postal_code"}
TOKEN_KNOWN = tuple(f"card[{name}]" for name in (
    "number", "exp_month", "exp_year", "cvc", "name", "networks][preferred", *_TOKEN_ADDRESS))
_CARD = ("number", "exp_month", "exp_year", "cvc", "token")
KNOWN = (
    "type", "allow_redisplay", *(f"card[{name}]" for name in _CARD), "card[networks][preferred]",
    *(f"billing_details[{name}]" for name in tokens.PERSON),
    *(f"billing_details[address][{name}]" for name in tokens.ADDRESS),
)


async def create(parts: Parts, request: Request) -> Response:
    """Keep a card. Answers the whole PaymentMethod with 200, a card error with 402."""
    sent = await body(request)
    key = await _key(parts, request, sent)
    found = params.read(sent, request.headers.get("content-type", ""), (*KNOWN, "key"), metadata=True)
    if params.required(found, "type") != "card":
        raise InvalidRequest("Invalid type: must be card; other payment methods are created by the API.", param="type")
    shown = await _kept(parts, key, found)
    row = shown | {"id": shown["token"], "type": "card", "customer_id": None,
                   "created_at": datetime.fromtimestamp(shown["created"], UTC)}
    return _shown(key, shapes.payment_method(row, livemode=key["livemode"]))


async def create_token(parts: Parts, request: Request) -> Response:
    """`POST /v1/tokens`: keep a card under a token that is good for one payment method. Answers the Token."""
    sent = await body(request)
    key = await _key(parts, request, sent)
    found = params.read(sent, request.headers.get("content-type", ""), (*TOKEN_KNOWN, "key"), expandable=True)
    address = params.texts(found, "card", _TOKEN_ADDRESS)
    person = params.texts(found, "card", ("name",))
    extras = tokens.Extras(
        billing_details=tokens.billing(person, {_TOKEN_ADDRESS[name]: value for name, value in address.items()}),
        preferred_network=_preferred(found))
    shown = await tokens.keep(parts.safe, key["env"], key["account_id"], typed := _typed(parts, found),
                              parts.directory.enrolment(typed.number), extras, "tok")
    return _shown(key, token_shapes.token(shown["token"], shown, livemode=key["livemode"], used=False))


def _shown(key: dict[str, Any], shape: dict[str, Any]) -> Response:
    """All of it to a merchant's server, to a browser what a shopper may see."""
    return json(published(shape) if key["kind"] == "publishable" else shape)


def _typed(parts: Parts, found: dict[str, str]) -> Typed:
    number = params.required(found, "card[number]")
    month, year = params.integer(found, "card[exp_month]"), params.integer(found, "card[exp_year]")
    cvc = params.required(found, "card[cvc]") if "card[cvc]" in found else None
    return check(number, month, year, cvc, parts.clock.now().astimezone(UTC).date())


async def _kept(parts: Parts, key: dict[str, Any], found: dict[str, str]) -> dict[str, Any]:
    env, account = key["env"], key["account_id"]
    if "card[token]" in found:
        name = params.required(found, "card[token]")
        shown = None if key["livemode"] else await tokens.keep_alias(parts.safe, env, account, name,
                                                                     parts.directory.enrolment)
        if shown is None:
            raise NotFound("token", "" if numbers.inside(name) else name[:60], "card[token]")
        return shown
    typed = _typed(parts, found)
    return await tokens.keep(parts.safe, env, account, typed, parts.directory.enrolment(typed.number), _extras(found))


def _preferred(found: dict[str, str]) -> str | None:
    preferred = found.get("card[networks][preferred]") or None
    if preferred not in (None, "cartes_bancaires", "mastercard", "visa"):
        raise InvalidRequest("Invalid card[networks][preferred]: must be one of cartes_bancaires, mastercard, visa",
                             param="card[networks][preferred]")
    return preferred


def _extras(found: dict[str, str]) -> tokens.Extras:
    return tokens.Extras(
        billing_details=tokens.billing(params.texts(found, "billing_details", tokens.PERSON),
                                       params.texts(found, "billing_details[address]", tokens.ADDRESS)),
        metadata=params.metadata(found),
        allow_redisplay=params.choice(found, "allow_redisplay", ("always", "limited", "unspecified"), "unspecified"),
        preferred_network=_preferred(found))


async def _key(parts: Parts, request: Request, sent: bytes) -> dict[str, Any]:
    """Whose key the request carries (env, account_id, livemode). Raises AuthenticationFailed.

    A publishable key may also be the parameter `key`: a browser needs no preflight then.
    """
    given = params.key(sent)
    if given and not given.startswith("pk_"):
        raise AuthenticationFailed("Only a publishable key (pk_…) may be sent as the parameter key. Send a secret "
                                   "key in the Authorization header, from your server only; if this one was sent from "
                                   "a page, roll it.")
    text = _bearer(request.headers.get("authorization", "")) or given
    if not text:
        raise AuthenticationFailed(
            "You did not provide an API key. Provide it as a Bearer token, for example: curl "
            f"{parts.settings.elements_base}/v1/payment_methods -H \"Authorization: Bearer YOUR_PUBLISHABLE_KEY\" …")
    found = await owners.of_key(parts.db, text)
    if found is None:
        raise AuthenticationFailed(f"Invalid API Key provided: {_masked(text)}")
    if found.get("expires_at") and datetime.fromisoformat(found["expires_at"]) <= parts.clock.now():
        raise AuthenticationFailed(f"Expired API Key provided: {_masked(text)}", code="api_key_expired")
    if found["kind"] == "secret" and request.headers.get("origin"):
        raise AuthenticationFailed("This secret key was sent from a browser. Secret keys belong on your server only: "
                                   "use a publishable key here, and roll this key if the page is public.")
    return found


def _bearer(header: str) -> str:
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _masked(text: str) -> str:
    """Enough of a key to recognise it, as the API's own message does."""
    return f"{text[:8]}{'*' * 8}{text[-4:]}" if len(text) > 20 else "*" * 8
