"""What is known of one request while it is answered, and what the log of requests keeps of it."""


from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request

from api.traffic import Place
from backend.context import Context
from backend.files.files import Contents
from backend.requests.answers import Answer
from backend.requests.writer import Entry, Writer
from backend.web.bodies import Given

EXPOSED = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Request-Id, Stripe-Version, Stripe-Account, Stripe-Should-Retry, "
                                     "Stripe-Rate-Limited-Reason, Idempotency-Key, Idempotent-Replayed, "
                                     "Original-Request, Retry-After, RateLimit, RateLimit-Policy, X-RateLimit-Limit, "
                                     "X-RateLimit-Remaining, X-RateLimit-Reset",
}
"""What a browser's script may read: of publishable keys' answers, and of errors."""


class Visit:
    """Grows while a request is opened; after an error it holds what was known by then."""

    __slots__ = ("ctx", "download", "echoed", "expand", "given", "granted", "json", "params", "place", "raw", "undone")

    def __init__(self) -> None:
        self.ctx: Context | None = None
        self.raw, self.json = b"", False
        self.given: Given | None = None
        """What the request brings, once it was read."""
        self.place: Place | None = None
        self.download: Contents | None = None
        """The file that is answered in place of an object."""
        self.params: dict[str, Any] = {}
        self.expand: Any = None
        self.granted: Mapping[str, str] | None = None
        """What a restricted key may do; None for the others."""
        self.echoed: dict[str, str] = {}
        self.undone = False
        """Whether an error took back all that the request did."""


def with_log_url(ctx: Context, answer: Answer, headers: dict[str, str]) -> Answer:
    """An error with the address of its line in the log: of the first request's when it is a replay."""
    id, mode = headers.get("Original-Request") or headers["Request-Id"], "live" if ctx.livemode else "test"
    url = orjson.dumps(f"{ctx.settings.api_base}/{mode}/logs/{id}")
    if not answer.body.endswith(b"}}"):
        return answer
    return Answer(answer.status, answer.body[:-2] + b',"request_log_url":' + url + b"}}")


def note(request: Request, visit: Visit, ctx: Context, answer: Answer, headers: dict[str, str], ms: float) -> None:
    """Hand the request to the log, which cleans and writes it beside other work."""
    scope = request.scope
    writer: Writer = request.app.state.requests
    writer.note(Entry(
        env=ctx.env, at=ctx.runtime.clock.now(), id=headers["Request-Id"], method=scope["method"], path=scope["path"],
        raw=visit.raw or scope["query_string"], json=visit.json, status=answer.status, ms=ms,
        answer=answer.body if "Content-Type" not in headers else b"",  # the bytes of a file are no words for a log
        key_id=ctx.actor, version=headers["Stripe-Version"], idempotency_key=ctx.key.given if ctx.key else None,
        ip=ctx.client.address, user_agent=ctx.client.user_agent))
