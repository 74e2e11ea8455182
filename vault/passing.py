"""The rest of the API at the vault's address: requests are handed on to the web process, which judges them.

Where a request carries a card's number, a token stands in its place when it goes on: the web process never sees one.
Everything else passes unread, bodies of files and answers as they stream. So one address is enough for a server that
must send numbers.
"""

import asyncio
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from backend import card_numbers, ids
from backend.cards import tokens
from backend.errors import InvalidRequest
from backend.web import bodies
from backend.web.bodies import Given
from vault import cards, keys, params, substitutes
from vault.api_line import target
from vault.parts import Parts
from vault.substitutes import Card, Place

_LARGE = 32_768
_BANKS = ("us_bank_account", "sepa_debit")


async def hand_on(parts: Parts, request: Request) -> Response:
    """Send a request on to the API, with tokens where numbers were, and give its answer back."""
    if request.scope["path"].rstrip("/") == "/v1/files" and bodies.kind_of(request) == "multipart/form-data":
        _search_head(request)
        return await parts.api.send(request, request.stream())
    return await hand_on_read(parts, request, await bodies.whole(request, bodies.BODY_MAX))


async def hand_on_read(parts: Parts, request: Request, raw: bytes) -> Response:
    """The same for a request whose body was read before."""
    _search_head(request)
    return await parts.api.send(request, await _without_numbers(parts, request, raw))


def _search_head(request: Request) -> None:
    read = [(f"The header {name}", value) for name, value in request.headers.items()
            if name == "idempotency-key" or name.startswith("stripe-")]
    for what, text in (("The address", unquote_plus(target(request))), *read):
        if card_numbers.holds(text):
            raise InvalidRequest(f"{what} looks like a card number. Card numbers are taken as card[number] and "
                                 "payment_method_data[card][number] only.", code="parameter_invalid_card_number")


async def _without_numbers(parts: Parts, request: Request, raw: bytes) -> bytes:
    kind = bodies.kind_of(request)

    async def keep(card: Card, place: Place) -> str:
        return await _kept(parts, request, Given(raw, kind, request.scope["query_string"]), card, place)

    found = substitutes.places(request.scope["path"]) if request.method == "POST" else []
    passed, left = await substitutes.replaced(raw, kind, found, keep)
    if len(passed) > _LARGE:  # reading all of it takes its time, and others shall not wait for it
        await asyncio.to_thread(substitutes.search, left)
    else:
        substitutes.search(left)
    return passed


async def _kept(parts: Parts, request: Request, given: Given, card: Card, place: Place) -> str:
    """A token for the card of a request: the same for the same card under one idempotency key, so that the API sees a
    repeated request as the same one, and another card as another request. The code takes no part: nothing that
    follows from it may be stored."""
    key = (await keys.opened(parts, request, given, place.template, publishable=place.publishable)).key
    at = place.bracketed
    owned = params.owned(card, at)
    typed = cards.typed(parts, owned, at)
    named = keys.named(request, key, typed.number, typed.exp_month, typed.exp_year, at)
    shown = await tokens.keep(parts.safe, key.env, key.account_id, typed, parts.directory.enrolment(typed.number),
                              cards.token_extras(owned), "tok", named)
    return str(shown["token"])


async def methods(parts: Parts, request: Request) -> Response:
    """`POST /v1/payment_methods`: cards are kept here; bank accounts, and what tokens become, are the API's."""
    given = await _card(request)
    token = given.peek("card", "token") or ""
    of_bank = given.peek("type") in _BANKS and given.peek("card", "number") is None
    if of_bank or (token.startswith("tok_") and ids.environment(token)):
        return await hand_on_read(parts, request, given.body)
    return await cards.create(parts, request, given)


async def new_token(parts: Parts, request: Request) -> Response:
    """`POST /v1/tokens`: kept here, always."""
    return await cards.create_token(parts, request, await _card(request))


async def _card(request: Request) -> Given:
    """What a call brings that takes a card at its top: in the body, never in the address, which others write down."""
    _search_head(request)
    return await bodies.given(request, bodies.FORM_MAX)
