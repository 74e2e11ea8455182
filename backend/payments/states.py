"""The lifecycles of a payment as tables: (status, happening) -> status, in Stripe's and the money design's words.

Source: reference contract section 9 and money rule 1. `pay.transition` in the database holds the same steps.
"""

from enum import StrEnum

from backend.errors import InvalidRequest, unexpected_state
from backend.payments.rows import Payment


class Intent(StrEnum):
    """PaymentIntent.status; NONE is a row that is being born."""

    NONE = "none"
    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"


class Happening(StrEnum):
    """What can happen to a PaymentIntent."""

    CREATE = "create"
    GIVE_METHOD = "give_method"
    TAKE_METHOD = "take_method"
    SEND = "send"
    CHALLENGE = "challenge"
    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    FAIL = "fail"
    RESTORE = "restore"
    CANCEL = "cancel"


_I, _H = Intent, Happening

INTENT: dict[tuple[Intent, Happening], Intent] = {
    (_I.NONE, _H.CREATE): _I.REQUIRES_PAYMENT_METHOD,
    (_I.NONE, _H.GIVE_METHOD): _I.REQUIRES_CONFIRMATION,
    (_I.NONE, _H.SEND): _I.PROCESSING,
    (_I.NONE, _H.CHALLENGE): _I.REQUIRES_ACTION,
    (_I.NONE, _H.FAIL): _I.REQUIRES_PAYMENT_METHOD,
    (_I.REQUIRES_PAYMENT_METHOD, _H.GIVE_METHOD): _I.REQUIRES_CONFIRMATION,
    (_I.REQUIRES_PAYMENT_METHOD, _H.SEND): _I.PROCESSING,
    (_I.REQUIRES_PAYMENT_METHOD, _H.CHALLENGE): _I.REQUIRES_ACTION,
    (_I.REQUIRES_PAYMENT_METHOD, _H.FAIL): _I.REQUIRES_PAYMENT_METHOD,
    (_I.REQUIRES_PAYMENT_METHOD, _H.CANCEL): _I.CANCELED,
    (_I.REQUIRES_CONFIRMATION, _H.GIVE_METHOD): _I.REQUIRES_CONFIRMATION,
    (_I.REQUIRES_CONFIRMATION, _H.TAKE_METHOD): _I.REQUIRES_PAYMENT_METHOD,
    (_I.REQUIRES_CONFIRMATION, _H.SEND): _I.PROCESSING,
    (_I.REQUIRES_CONFIRMATION, _H.CHALLENGE): _I.REQUIRES_ACTION,
    (_I.REQUIRES_CONFIRMATION, _H.FAIL): _I.REQUIRES_PAYMENT_METHOD,
    (_I.REQUIRES_CONFIRMATION, _H.CANCEL): _I.CANCELED,
    (_I.REQUIRES_ACTION, _H.GIVE_METHOD): _I.REQUIRES_CONFIRMATION,
    (_I.REQUIRES_ACTION, _H.SEND): _I.PROCESSING,
    (_I.REQUIRES_ACTION, _H.CHALLENGE): _I.REQUIRES_ACTION,
    (_I.REQUIRES_ACTION, _H.FAIL): _I.REQUIRES_PAYMENT_METHOD,
    (_I.REQUIRES_ACTION, _H.CANCEL): _I.CANCELED,
    (_I.PROCESSING, _H.AUTHORIZE): _I.REQUIRES_CAPTURE,
    (_I.PROCESSING, _H.CAPTURE): _I.SUCCEEDED,
    (_I.PROCESSING, _H.FAIL): _I.REQUIRES_PAYMENT_METHOD,
    (_I.PROCESSING, _H.RESTORE): _I.REQUIRES_CAPTURE,
    (_I.PROCESSING, _H.CANCEL): _I.CANCELED,
    (_I.REQUIRES_CAPTURE, _H.SEND): _I.PROCESSING,
    (_I.REQUIRES_CAPTURE, _H.CANCEL): _I.CANCELED,
}

ATTEMPT: frozenset[tuple[str, str]] = frozenset({
    ("none", "sent"),
    *(("sent", to) for to in ("approved", "declined", "failed", "unknown", "manual", "reversed")),
    *(("unknown", to) for to in ("approved", "declined", "failed", "reversed", "manual")),
    *(("manual", to) for to in ("approved", "declined", "failed", "unknown")),
    ("approved", "reversed"),
})
CHARGE: frozenset[tuple[str, str]] = frozenset({
    ("none", "pending"), ("none", "succeeded"), ("none", "failed"), ("pending", "succeeded"), ("pending", "failed")})
AUTHENTICATION: frozenset[tuple[str, str]] = frozenset({
    ("none", "challenge"), ("none", "failed"), ("challenge", "succeeded"), ("challenge", "failed")})
REFUND: frozenset[tuple[str, str]] = frozenset({
    ("none", "pending"), ("none", "succeeded"), ("pending", "succeeded"), ("pending", "failed"),
    ("pending", "canceled"), ("succeeded", "failed")})

_UNDER_WAY = {"capture": "capture", "void": "cancellation", "increment": "increment"}
CONFIRMABLE = (Intent.REQUIRES_PAYMENT_METHOD, Intent.REQUIRES_CONFIRMATION, Intent.REQUIRES_ACTION)
CANCELABLE = (*CONFIRMABLE, Intent.REQUIRES_CAPTURE)


def after(status: str, happening: Happening) -> str:
    """The status that follows; raises InvalidRequest `payment_intent_unexpected_state` when there is no row."""
    to = INTENT.get((Intent(status), happening))
    if to is None:
        raise InvalidRequest(f"This PaymentIntent cannot {happening} while its status is {status}.",
                             code="payment_intent_unexpected_state")
    return to.value


def require(verb: str, row: Payment, allowed: tuple[Intent, ...], shape: object = None) -> None:
    """Raise `payment_intent_unexpected_state` unless the intent's status is one of `allowed`."""
    if row.status not in allowed:
        raise unexpected_state(verb, row.status, ", ".join(allowed), under_way(row), payment_intent=shape)


def under_way(row: Payment) -> str:
    """What is being done with an authorisation whose answer did not come, as a sentence; '' when nothing is."""
    what = _UNDER_WAY.get(row.last_attempt["kind"]) if row.last_attempt else None
    return f" Its {what} was sent and is being carried through: wait for the event of its end." if what else ""
