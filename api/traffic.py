"""How much may come in: rate limits and places of an environment, and what this process sheds when it is full.

The order of shedding is the one of money rule 21: lists first, then test requests of a live installation, then what
begins something new. Finishing what was begun (confirm, capture, cancel, refund) and reading one object are never shed.
"""

from functools import cache
from math import ceil

from backend.accounts.api_keys import Opened
from backend.context import Runtime
from backend.errors import ApiError, RateLimited
from backend.limits import Limiter, Verdict
from backend.tiers import Rule, Tier

LIST, READ, WRITE, PAYMENT, FINISH = "list", "read", "write", "payment", "finish"
_BEGINNING = frozenset({"/v1/payment_intents", "/v1/charges", "/v1/setup_intents", "/v1/checkout/sessions"})
_FINISHING = ("/confirm", "/capture", "/cancel", "/expire", "/verify_microdeposits", "/increment_authorization")
_SHED_LISTS, _SHED_TEST, _SHED_NEW = 0.5, 0.7, 0.9
"""Parts of the process's places at which each kind is refused."""
_NEAR = 0.2


@cache
def kind_of(path: str, method: str, listed: bool) -> str:
    """Which kind of request a route's method is."""
    if method == "GET":
        return LIST if listed or path.endswith("/search") else READ
    if path.endswith(_FINISHING) or path.startswith("/v1/refunds"):
        return FINISH
    return PAYMENT if path in _BEGINNING else WRITE


class Place:
    """A request that was let in; whoever holds it gives it back."""

    __slots__ = ("env", "headers", "id", "limited")

    def __init__(self, env: int, id: str, limited: bool, headers: dict[str, str]) -> None:
        self.env, self.id, self.limited, self.headers = env, id, limited, headers


class Traffic:
    """The limits of one process; `on` is false where nothing is limited, and then it costs nothing."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        self._tiers, self._live = settings.rate_tier_table, settings.live
        named = {True: settings.rate_tier_live, False: settings.rate_tier_test}
        self._by_mode = {live: name for live, name in named.items() if name != "none"}
        self._limiter = Limiter(settings.redis_url, settings.rate_limit_wait_ms / 1000)
        self._places = settings.requests_at_once
        self._inside = 0

    async def close(self) -> None:
        await self._limiter.close()

    def limits(self, opened: Opened) -> bool:
        """Is there anything to ask for this key's environment?"""
        return bool(self._places or opened.rate_tier or opened.livemode in self._by_mode)

    async def enter(self, opened: Opened, id: str, kind: str) -> Place:
        """Let a request in; raises RateLimited when its environment had enough, ApiError when this process has."""
        if self._places:
            self._shed(opened, kind)
        tier = self._tiers.get(opened.rate_tier or self._by_mode.get(opened.livemode, ""))
        headers: dict[str, str] = {}
        limited = False
        if tier is not None:
            verdict = await self._limiter.take(opened.env, tier.of(kind), tier.places, id)
            if verdict is not None and not verdict.allowed:
                raise _refused(verdict, tier)
            limited = verdict is not None and tier.places > 0
            headers = _headers(verdict) if verdict else {}
        self._inside += 1
        return Place(opened.env, id, limited, headers)

    def leave(self, place: Place) -> None:
        """The request is answered."""
        self._inside -= 1
        if place.limited:
            self._limiter.give(place.env, place.id)

    def _shed(self, opened: Opened, kind: str) -> None:
        full, test = self._inside / self._places, self._live and not opened.livemode
        most = {FINISH: full + 1, READ: full + 1, LIST: _SHED_LISTS}.get(kind, _SHED_TEST if test else _SHED_NEW)
        if full >= most:
            raise ApiError("This server has more requests at work than it can take right now. Please try again in a "
                           "moment.", code="overloaded", headers={"Retry-After": "1"})


def _refused(verdict: Verdict, tier: Tier) -> RateLimited:
    rule = verdict.rule
    scope = "global" if rule is None or rule.name == "all" else "endpoint"
    if rule is None:
        text = f"More than {tier.places} requests are at work at the same time. Send fewer at once."
    else:
        what = "requests" if rule.name == "all" else f"{rule.name} requests"
        text = f"Too many {what}: this account may send {rule.limit} in {_time(rule)}. Send them more slowly."
    return RateLimited(f"{text} The answer's Retry-After says when to try again.", headers={
        **(_headers(verdict) if rule else {}), "Retry-After": str(max(1, ceil(verdict.wait_seconds))),
        "Stripe-Rate-Limited-Reason": f"{scope}-{'rate' if rule else 'concurrency'}"})


def _time(rule: Rule) -> str:
    return {1: "a second", 60: "a minute", 3600: "an hour"}[rule.seconds]


def _headers(verdict: Verdict) -> dict[str, str]:
    """What is left, always; the whole policy (draft-ietf-httpapi-ratelimit-headers) when it is little or nothing."""
    rule, reset = verdict.rule, str(ceil(verdict.reset_seconds))
    if rule is None:
        return {}
    found = {"X-RateLimit-Limit": str(rule.burst), "X-RateLimit-Remaining": str(verdict.remaining),
             "X-RateLimit-Reset": reset}
    if verdict.remaining <= rule.burst * _NEAR:
        found |= {"RateLimit": f'"{rule.name}";r={verdict.remaining};t={reset}',
                  "RateLimit-Policy": f'"{rule.name}";q={rule.limit};w={rule.seconds}'}
    return found
