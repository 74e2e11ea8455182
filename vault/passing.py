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
from backend.errors import InvalidRequest, TooLarge
from vault import cards, keys, params, substitutes
from vault.api_line import target
from vault.endpoint import body
from vault.parts import Parts
from vault.substitutes import Card, Place

BODY_MAX = 1_000_000
"""What the API takes at most; files are larger and not read here."""
_LARGE = 32_768
_BANKS = ("us_bank_account", "sepa_debit")


async def hand_on(parts: Parts, request: Request) -> Response:
    """Send a request on to the API, with tokens where numbers were, and give its answer back."""
    if request.scope["path"].rstrip("/") == "/v1/files" and _kind(request) == "multipart/form-data":
        _search_head(request)
        return await parts.api.send(request, request.stream())
    return await hand_on_read(parts, request, await _read(request))


async def hand_on_read(parts: Parts, request: Request, raw: bytes) -> Response:
    """The same for a request whose body was read before."""
    _search_head(request)
    return await parts.api.send(request, await _without_numbers(parts, request, raw, _kind(request)))


def _search_head(request: Request) -> None:
    read = [(f"The header {name}", value) for name, value in request.headers.items()
            if name == "idempotency-key" or name.startswith("stripe-")]
    for what, text in (("The address", unquote_plus(target(request))), *read):
        if card_numbers.holds(text):
            raise InvalidRequest(f"{what} looks like a card number. Card numbers are taken as card[number] and "
                                 "payment_method_data[card][number] only.", code="parameter_invalid_card_number")


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _read(request: Request) -> bytes:
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > BODY_MAX:
            raise TooLarge(f"The request body is larger than {BODY_MAX} bytes.", code="request_too_large")
    return bytes(read)


async def _without_numbers(parts: Parts, request: Request, raw: bytes, kind: str) -> bytes:
    async def keep(card: Card, place: Place) -> str:
        return await _kept(parts, request, raw, card, place)

    found = substitutes.places(request.scope["path"]) if request.method == "POST" else []
    raw, left = await substitutes.replaced(raw, kind, found, keep)
    if len(raw) > _LARGE:  # reading all of it takes its time, and others shall not wait for it
        await asyncio.to_thread(substitutes.search, left)
    else:
        substitutes.search(left)
    return raw


async def _kept(parts: Parts, request: Request, sent: bytes, card: Card, place: Place) -> str:
    """A token for the card of a request: the same for the same card under one idempotency key, so that the API sees a
    repeated request as the same one, and another card as another request. The code takes no part: nothing that
    follows from it may be stored."""
    key = await keys.opened(parts, request, sent, place.template, publishable=place.publishable)
    at = place.bracketed
    found = {f"{at}[{name}]": value for name, value in card.items()}
    typed = cards.typed(parts, found, at)
    named = keys.named(request, key, typed.number, typed.exp_month, typed.exp_year, at)
    extras = cards.token_extras(found, at)
    shown = await tokens.keep(parts.safe, key.env, key.account_id, typed, parts.directory.enrolment(typed.number),
                              extras, "tok", named)
    return str(shown["token"])


async def methods(parts: Parts, request: Request) -> Response:
    """`POST /v1/payment_methods`: cards are kept here; bank accounts, and what tokens become, are the API's."""
    raw, kind = await body(request), request.headers.get("content-type", "")
    token = params.peek(raw, kind, "card[token]") or ""
    of_bank = params.peek(raw, kind, "type") in _BANKS and params.peek(raw, kind, "card[number]") is None
    if of_bank or (token.startswith("tok_") and ids.environment(token)):
        return await hand_on_read(parts, request, raw)
    return await cards.create(parts, request, raw)
