"""Whose API key a request to the vault carries, and whether the key has the right: the API's own rules."""

from starlette.requests import Request

from backend.accounts import admission
from backend.accounts.admission import Asked
from backend.accounts.api_keys import Opened
from backend.cards.tokens import Name
from backend.requests.answers import LIFE_HOURS
from backend.web import addresses
from vault import params
from vault.parts import Parts


async def opened(parts: Parts, request: Request, sent: bytes, path: str, *, publishable: bool = True) -> Opened:
    """What the key opens. `path` is the route's template. Raises AuthenticationFailed, PermissionDenied.

    A publishable key may also be the parameter `key` of the body that was sent: a browser needs no preflight then.
    """
    headers = request.headers
    key, given = admission.key_of(headers), params.peek(sent, headers.get("content-type", ""), "key")
    if given or not key:  # a secret key among the parameters is refused even beside another
        given = admission.in_parameters(given, parts.settings.elements_base, path.removeprefix("/v1/"))
    key = key or given or ""
    found = admission.known(key, await parts.keyring.open(key))
    admission.check(key, found, Asked(
        path, request.method, addresses.of(request), from_browser="origin" in headers, publishable=publishable,
        acting=admission.acting(headers)), parts.clock.now())
    return found


def named(request: Request, key: Opened, *parts: object) -> Name | None:
    """What names a card that a request with an idempotency key makes, so that the request makes it once; None
    without such a key. Shoppers have names of their own, as at the API."""
    given = request.headers.get("idempotency-key")
    words = (key.kind == "publishable", request.scope["path"], given, *parts)
    return Name(words, LIFE_HOURS * 3600) if given else None
