"""Whose API key a request to the vault carries, and whether the key has the right: the API's own rules."""

from starlette.requests import Request

from backend.accounts import admission
from backend.accounts.api_keys import Opened
from backend.cards.tokens import Name
from backend.requests import keys
from backend.requests.answers import LIFE_HOURS
from backend.web import callers
from backend.web.bodies import Given
from backend.web.callers import Caller
from vault.parts import Parts


async def opened(parts: Parts, request: Request, given: Given, path: str, *, publishable: bool = True) -> Caller:
    """Who asks, with what key. `path` is the route's template. Raises AuthenticationFailed, PermissionDenied.

    A publishable key may also be the parameter `key`: a browser needs no preflight then.
    """
    text, said = admission.key_of(request.headers), given.peek("key")
    if said or not text:  # a secret key among the parameters is refused even beside another
        said = admission.in_parameters(said, parts.settings.elements_base, path.removeprefix("/v1/"))
    text = text or said or ""
    caller = callers.caller(request, text, await parts.keyring.open(text))
    caller.admit(path, request.method, parts.clock.now(), publishable=publishable)
    return caller


def named(request: Request, key: Opened, *parts: object) -> Name | None:
    """What names a card that a request with an idempotency key makes, so that the request makes it once; None
    without such a key. Shoppers have names of their own, as at the API."""
    given = keys.given(request.headers.get("idempotency-key"))
    words = (key.kind == "publishable", request.scope["path"], given, *parts)
    return Name(words, LIFE_HOURS * 3600) if given else None
