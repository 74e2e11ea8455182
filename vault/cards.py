"""`POST /v1/payment_methods` and `/v1/tokens`: a card in, an id for it out, for merchants' pages and servers."""

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from backend.accounts.api_keys import Opened
from backend.cards import numbers, tokens
from backend.cards.inputs import Typed, check
from backend.customers import shapes, token_shapes
from backend.errors import InvalidRequest, NotFound
from backend.published import published
from vault import keys, params
from vault.endpoint import body, json
from vault.parts import Parts

TOKEN_ADDRESS = {"address_city": "city", "address_country": "country", "address_line1": "line1",
                 "address_line2": "line2", "address_state": "state", "address_zip": "postal_code"}
TOKEN_KNOWN = ("key", *(f"card[{name}]" for name in (
    "number", "exp_month", "exp_year", "cvc", "name", "networks][preferred", *TOKEN_ADDRESS)))
_CARD = ("number", "exp_month", "exp_year", "cvc", "token")
KNOWN = (
    "key", "type", "allow_redisplay", *(f"card[{name}]" for name in _CARD), "card[networks][preferred]",
    *(f"billing_details[{name}]" for name in tokens.PERSON),
    *(f"billing_details[address][{name}]" for name in tokens.ADDRESS),
)


async def create(parts: Parts, request: Request, raw: bytes) -> Response:
    """Keep a card. Answers the whole PaymentMethod with 200, a card error with 402."""
    kind = request.headers.get("content-type", "")
    key = await keys.opened(parts, request, raw, "/v1/payment_methods")
    found = params.read(raw, kind, KNOWN, metadata=True)
    if params.required(found, "type") != "card":
        raise InvalidRequest("Invalid type: must be card; other payment methods are created by the API.", param="type")
    shown = await _kept(parts, key, found, keys.named(request, key))
    row = shown | {"id": shown["token"], "type": "card", "customer_id": None,
                   "created_at": datetime.fromtimestamp(shown["created"], UTC)}
    return _shown(key, shapes.payment_method(row, livemode=key.livemode))


async def create_token(parts: Parts, request: Request) -> Response:
    """`POST /v1/tokens`: keep a card under a token that is good for one payment method. Answers the Token."""
    sent = await body(request)
    key = await keys.opened(parts, request, sent, "/v1/tokens")
    found = params.read(sent, request.headers.get("content-type", ""), TOKEN_KNOWN, expandable=True)
    card = typed(parts, found)
    shown = await tokens.keep(parts.safe, key.env, key.account_id, card, parts.directory.enrolment(card.number),
                              token_extras(found), "tok", keys.named(request, key))
    return _shown(key, token_shapes.token(shown["token"], shown, livemode=key.livemode, used=False))


def _shown(key: Opened, shape: dict[str, Any]) -> Response:
    """All of it to a merchant's server, to a browser what a shopper may see."""
    return json(published(shape) if key.kind == "publishable" else shape)


def token_extras(found: dict[str, str], at: str = "card") -> tokens.Extras:
    """What comes with the card of a token: its holder's name and address."""
    address = params.texts(found, at, TOKEN_ADDRESS)
    return tokens.Extras(
        billing_details=tokens.billing(params.texts(found, at, ("name",)),
                                       {TOKEN_ADDRESS[name]: value for name, value in address.items()}),
        preferred_network=_preferred(found, at))


def typed(parts: Parts, found: dict[str, str], at: str = "card") -> Typed:
    """The card whose parameters stand under `at`, checked."""
    number = params.required(found, f"{at}[number]")
    month, year = params.integer(found, f"{at}[exp_month]"), params.integer(found, f"{at}[exp_year]")
    cvc = params.required(found, f"{at}[cvc]") if f"{at}[cvc]" in found else None
    return check(number, month, year, cvc, parts.clock.now().astimezone(UTC).date())


async def _kept(parts: Parts, key: Opened, found: dict[str, str], named: tokens.Name | None) -> dict[str, Any]:
    env, account = key.env, key.account_id
    if "card[token]" in found:
        name = params.required(found, "card[token]")
        shown = None if key.livemode else await tokens.keep_alias(parts.safe, env, account, name,
                                                                  parts.directory.enrolment, named)
        if shown is None:
            raise NotFound("token", "" if numbers.inside(name) else name[:60], "card[token]")
        return shown
    card = typed(parts, found)
    return await tokens.keep(parts.safe, env, account, card, parts.directory.enrolment(card.number), _extras(found),
                             named=named)


def _preferred(found: dict[str, str], at: str = "card") -> str | None:
    preferred = found.get(f"{at}[networks][preferred]") or None
    if preferred not in (None, "cartes_bancaires", "mastercard", "visa"):
        raise InvalidRequest(f"Invalid {at}[networks][preferred]: must be one of cartes_bancaires, mastercard, visa",
                             param=f"{at}[networks][preferred]")
    return preferred


def _extras(found: dict[str, str]) -> tokens.Extras:
    return tokens.Extras(
        billing_details=tokens.billing(params.texts(found, "billing_details", tokens.PERSON),
                                       params.texts(found, "billing_details[address]", tokens.ADDRESS)),
        metadata=params.metadata(found),
        allow_redisplay=params.choice(found, "allow_redisplay", ("always", "limited", "unspecified"), "unspecified"),
        preferred_network=_preferred(found))
