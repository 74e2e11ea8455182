"""Results and errors as the status and bytes of an answer; pure, so that an answer can be stored with its change.

The table from error to status lives here and not in the API, because the reconciler, which runs in a worker and answers
abandoned idempotency keys, must store the very answer that the API would have given (see docs/decisions).
Source: reference contract section 6.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from backend import errors

_STATUS: tuple[tuple[type[errors.FarthingError], int], ...] = (
    (errors.NotFound, 404), (errors.AuthenticationFailed, 401), (errors.PermissionDenied, 403),
    (errors.Conflict, 409), (errors.Locked, 429), (errors.TooMany, 429), (errors.RateLimited, 429),
    (errors.TooLarge, 413), (errors.IdempotencyMismatch, 400), (errors.CardError, 402), (errors.InvalidRequest, 400),
    (errors.ApiError, 500),
)


LIFE_HOURS = 72
"""How long the answer to a request with an idempotency key is kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the exact bytes of its JSON body."""

    status: int
    body: bytes


def status(error: errors.FarthingError) -> int:
    """The HTTP status of an error; a part of us that is away is 503, for the caller may try again."""
    if isinstance(error, errors.ApiError) and error.retry:
        return 503
    return next(code for kind, code in _STATUS if isinstance(error, kind))


def of(result: dict[str, Any]) -> Answer:
    """A successful answer."""
    return Answer(200, orjson.dumps(result))


def of_error(error: errors.FarthingError, docs_base: str = "") -> Answer:
    """An error answer; `docs_base` is where `doc_url` leads."""
    body: dict[str, Any] = {"type": error.type, "message": error.message}
    if error.code:
        body |= {"code": error.code, "doc_url": f"{docs_base}/docs/errors#{error.code}"}
    if error.param:
        body["param"] = error.param
    return Answer(status(error), orjson.dumps({"error": {**body, **error.extra}}))
