"""The lifecycle of a checkout session as one table; `pay.transition` in the database holds the same steps.

Source: reference contract section 9 (Checkout Session).
"""

from enum import StrEnum

from backend.errors import InvalidRequest


class Status(StrEnum):
    """Session.status; NONE is a row that is being born."""

    NONE = "none"
    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class Happening(StrEnum):
    """What can happen to a session."""

    CREATE = "create"
    COMPLETE = "complete"
    EXPIRE = "expire"


TABLE: dict[tuple[Status, Happening], Status] = {
    (Status.NONE, Happening.CREATE): Status.OPEN,
    (Status.OPEN, Happening.COMPLETE): Status.COMPLETE,
    (Status.OPEN, Happening.EXPIRE): Status.EXPIRED,
}


def after(status: str, happening: Happening) -> str:
    """The status that follows; raises InvalidRequest when there is no row."""
    to = TABLE.get((Status(status), happening))
    if to is None:
        raise InvalidRequest(f"Only Checkout Sessions with a status of open can {happening}. This Session has a "
                             f"status of {status}.", code="status_transition_invalid")
    return to.value


def payment_status(mode: str, intent_status: str) -> str:
    """What the session says of its money: paid only when it was taken."""
    if mode == "setup":
        return "no_payment_required"
    return "paid" if intent_status == "succeeded" else "unpaid"
