"""Who asks: what a request over HTTP tells of its client, and what its API key opens. Each door takes the facts of a
Context from here, so that a new one is filled in at all of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request

from backend.accounts import admission
from backend.accounts.admission import Asked
from backend.accounts.api_keys import Opened
from backend.context import Client, Context, Runtime

_AGENT_MAX = 2000
_DEVICE_MAX = 100


def client(request: Request, *, shopper: bool = False) -> Client:
    """The other end of a request; `shopper` says whose browser it is."""
    headers = request.headers
    return Client(address=_address(request), user_agent=headers.get("user-agent", "")[:_AGENT_MAX],
                  device=headers.get("sec-ch-ua-platform", "").strip('"')[:_DEVICE_MAX], shopper=shopper)


def _address(request: Request) -> str:
    """Behind a proxy what the proxy says, see FORWARDED_ALLOW_IPS."""
    found: Any = request.scope.get("client")
    return str(found[0]) if found else ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks with an API key. The key opens its account; whom it acts for a header may say, and `admit` judges."""

    text: str
    key: Opened
    client: Client
    acting: dict[str, str]
    """The headers that name on whose behalf it acts."""
    from_browser: bool
    platform: str | None = None

    def admit(self, path: str, method: str, now: datetime, *, publishable: bool) -> None:
        """Raise AuthenticationFailed or PermissionDenied unless the key has the right to what is asked: `path` is the
        route's template, `publishable` says whether shoppers may ask it."""
        admission.check(self.text, self.key, Asked(path, method, self.client.address, self.from_browser, publishable,
                                                   self.acting), now)

    def context(self, runtime: Runtime, request_id: str) -> Context:
        """The unit of work that it asks for."""
        return Context(runtime=runtime, environment=self.key.environment, client=self.client, platform=self.platform,
                       actor=self.key.key_id, request_id=request_id, publishable=self.client.shopper)


def caller(request: Request, text: str, opened: Opened | None) -> Caller:
    """Who asks with the key `text`, which opened that; raises AuthenticationFailed when it opens nothing."""
    key = admission.known(text, opened)
    return Caller(text, key, client(request, shopper=key.kind == "publishable"), admission.acting(request.headers),
                  "origin" in request.headers)
