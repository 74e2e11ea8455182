"""The one closed family of errors that the backend raises; no HTTP status here.

    FarthingError
    ├── InvalidRequest          type invalid_request_error: the caller can mend it
    │   ├── NotFound            code resource_missing: unknown id, or another tenant's
    │   ├── AuthenticationFailed  no key, unknown key, expired key
    │   ├── PermissionDenied    the key may not do this
    │   └── TooLarge            the body is over its limit
    ├── Transient               the same type, and nothing to mend: the same request may be sent again in a while
    │   ├── Conflict            a twin request still runs (code idempotency_key_in_use)
    │   ├── Locked              another request works on the object (code lock_timeout)
    │   ├── TooMany             too often in too short a time (code rate_limit)
    │   └── RateLimited         the environment sends too many requests (code rate_limit)
    ├── IdempotencyMismatch     type idempotency_error: same key, other parameters
    ├── CardError               type card_error: the card or its issuer said no
    └── ApiError                type api_error: our fault, or a part of us is away

Source: reference contract section 6 (errors). `api/errors.py` turns them into status and JSON.
"""

from typing import Any

from backend.codes import Code

Said = tuple[str, dict[str, Any]]

class FarthingError(Exception):
    """Base: `message` is a sentence for people, `code` one of `backend/codes.py`, `param` in bracket form.

    `extra` holds further public fields of the error object (decline_code, payment_intent, charge …), `headers` what the
    answer says beside its body, `said` the key of the sentence that a shopper's page has for it, and its blanks.
    """

    type = "api_error"

    def __init__(self, message: str, *, code: Code | None = None, param: str | None = None,
                 headers: dict[str, str] | None = None, said: Said | None = None, **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.headers = headers or {}
        self.said = said
        self.code = code
        self.param = param
        self.extra = {name: value for name, value in extra.items() if value is not None}


class InvalidRequest(FarthingError):
    """Bad parameter or wrong state; nothing was written."""

    type = "invalid_request_error"


class Transient(FarthingError):
    """Nothing is wrong with the request but its moment."""

    type = "invalid_request_error"


class NotFound(InvalidRequest):
    """No such object in this environment; the same bytes whether it never existed or belongs to another."""

    def __init__(self, noun: str, id: str, param: str = "id") -> None:
        super().__init__(f"No such {noun}: '{id}'", code="resource_missing", param=param)
        self.id = id


class AuthenticationFailed(InvalidRequest):
    """Missing, unknown or expired key."""


class PermissionDenied(InvalidRequest):
    """A good key that may not do this."""


class Conflict(Transient):
    """The same idempotency key is still being worked on."""


class Locked(Transient):
    """Another request is working on the same object right now; safe to try again.

    `sent`: a message of this very request left before that, and its outcome will be learned.
    """

    def __init__(self, noun: str, *, sent: bool = False) -> None:
        self.sent = sent
        super().__init__(f"Another request is working on this {noun} right now. Please try again in a moment.",
                         code="lock_timeout")


class TooMany(Transient):
    """Too often in too short a time; later it is heard again."""


class RateLimited(Transient):
    """The environment sends more requests than it may; nothing was done."""

    def __init__(self, message: str, *, headers: dict[str, str]) -> None:
        super().__init__(message, code="rate_limit", headers=headers)


class TooLarge(InvalidRequest):
    """The request body is over its limit."""


class IdempotencyMismatch(FarthingError):
    """An idempotency key came back with other parameters."""

    type = "idempotency_error"


class CardError(FarthingError):
    """The card was refused, by its issuer or by a check of the number, expiry or CVC."""

    type = "card_error"


class ApiError(FarthingError):
    """Our fault. `retry` says whether the same request may simply be sent again."""

    type = "api_error"

    def __init__(self, message: str, *, retry: bool = True, **extra: Any) -> None:
        super().__init__(message, **extra)
        self.retry = retry


def missing(param: str, why: str = "") -> InvalidRequest:
    """The error for a parameter that must be given; `why` is a sentence more."""
    return InvalidRequest(f"Missing required param: {param}.{why and f' {why}'}", code="parameter_missing", param=param)


def unknown(name: str, hint: str = "") -> InvalidRequest:
    """The error for a parameter that there is none of, which is what `name` shows of its name; `hint` is a sentence
    more."""
    return InvalidRequest(f"Received unknown parameter: {name}.{hint and f' {hint}'}", code="parameter_unknown",
                          param=name)


OF_STATE = frozenset({"payment_intent_unexpected_state", "setup_intent_unexpected_state"})
"""Codes of what is refused for the state that the object itself was read in: a fresh look may find another."""


def unexpected_state(verb: str, status: str, allowed: str, why: str = "", *,
                     code: Code = "payment_intent_unexpected_state", noun: str = "PaymentIntent",
                     **extra: Any) -> InvalidRequest:
    """The error for a verb that the object's status forbids, naming what would be allowed."""
    text = (f"You cannot {verb} this {noun} because it has a status of {status}. "
            f"Only a {noun} with one of the following statuses may be used here: {allowed}.{why}")
    return InvalidRequest(text, code=code, **extra)
