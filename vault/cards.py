"""`POST /v1/payment_methods` and `/v1/tokens`: a card in, an id for it out, for merchants' pages and servers."""

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from backend.accounts.api_keys import Opened
from backend.cards import tokens
from backend.cards.inputs import Typed, check
from backend.customers import shapes, token_shapes
from backend.errors import InvalidRequest
from backend.fields.tables import OWNER_ADDRESS
from backend.metadata import merged
from backend.published import published
from backend.web.bodies import Given
from vault import keys, params
from vault.endpoint import json
from vault.parts import Parts

Row = dict[str, Any]


async def create(parts: Parts, request: Request, given: Given) -> Response:
    """Keep a card. Answers the whole PaymentMethod with 200, a card error with 402."""
    key = (await keys.opened(parts, request, given, "/v1/payment_methods")).key
    found = params.METHOD.parse(given.read()[0])
    shown = await _kept(parts, key, found, keys.named(request, key))
    row = shown | {"id": shown["token"], "type": "card", "customer_id": None,
                   "created_at": datetime.fromtimestamp(shown["created"], UTC)}
    return _shown(key, shapes.payment_method(row, livemode=key.livemode))


async def create_token(parts: Parts, request: Request, given: Given) -> Response:
    """Keep a card under a token that is good for one payment method. Answers the Token."""
    key = (await keys.opened(parts, request, given, "/v1/tokens")).key
    found = params.TOKEN.parse(given.read()[0])
    card = found.get("card") or {}
    typed_card = typed(parts, card)
    shown = await tokens.keep(parts.safe, key.env, key.account_id, typed_card,
                              parts.directory.enrolment(typed_card.number), token_extras(card), "tok",
                              keys.named(request, key))
    return _shown(key, token_shapes.token(shown["token"], shown, livemode=key.livemode, used=False))


def _shown(key: Opened, shape: Row) -> Response:
    """All of it to a merchant's server, to a browser what a shopper may see."""
    return json(published(shape) if key.kind == "publishable" else shape)


def token_extras(card: Row) -> tokens.Extras:
    """What comes with the card of a token: its holder's name and address."""
    address = {part: card[name] for name, part in OWNER_ADDRESS.items() if name in card}
    return tokens.Extras(billing_details=tokens.billing({"name": card.get("name", "")}, address),
                         preferred_network=_preferred(card))


def typed(parts: Parts, card: Row, at: str = "card") -> Typed:
    """The card that stood under `at`, checked."""
    whole = params.needed(card, at)
    return check(whole["number"], whole["exp_month"], whole["exp_year"], whole.get("cvc"),
                 parts.clock.now().astimezone(UTC).date())


async def _kept(parts: Parts, key: Opened, found: Row, named: tokens.Name | None) -> Row:
    env, account, card = key.env, key.account_id, found.get("card") or {}
    if "token" in card:
        shown = None if key.livemode else await tokens.keep_alias(parts.safe, env, account, card["token"],
                                                                  parts.directory.enrolment, named)
        if shown is None:
            raise InvalidRequest(f"No such token: '{card['token'][:60]}'", code="resource_missing", param="card[token]")
        return shown
    typed_card = typed(parts, card)
    return await tokens.keep(parts.safe, env, account, typed_card, parts.directory.enrolment(typed_card.number),
                             _extras(found), named=named)


def _preferred(card: Row) -> str | None:
    return (card.get("networks") or {}).get("preferred") or None


def _extras(found: Row) -> tokens.Extras:
    details = found.get("billing_details") or {}
    return tokens.Extras(
        billing_details=tokens.billing(details, details.get("address") or {}),
        metadata=merged({}, found.get("metadata")), allow_redisplay=found.get("allow_redisplay", "unspecified"),
        preferred_network=_preferred(found.get("card") or {}))
