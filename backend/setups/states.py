"""The lifecycle of a SetupIntent as one table. Source: reference contract section 9.

`pay.transition` in the database holds the same steps.
"""

from enum import StrEnum

from backend.errors import InvalidRequest, unexpected_state


class Setup(StrEnum):
    """SetupIntent.status; NONE is a row that is being born."""

    NONE = "none"
    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"


class Happening(StrEnum):
    """What can happen to a SetupIntent."""

    CREATE = "create"
    GIVE_METHOD = "give_method"
    CHALLENGE = "challenge"
    SUCCEED = "succeed"
    FAIL = "fail"
    CANCEL = "cancel"


_S, _H = Setup, Happening

SETUP: dict[tuple[Setup, Happening], Setup] = {
    (_S.NONE, _H.CREATE): _S.REQUIRES_PAYMENT_METHOD,
    (_S.NONE, _H.GIVE_METHOD): _S.REQUIRES_CONFIRMATION,
    (_S.NONE, _H.CHALLENGE): _S.REQUIRES_ACTION,
    (_S.NONE, _H.SUCCEED): _S.SUCCEEDED,
    (_S.NONE, _H.FAIL): _S.REQUIRES_PAYMENT_METHOD,
    **{(at, what): to for at in (_S.REQUIRES_PAYMENT_METHOD, _S.REQUIRES_CONFIRMATION, _S.REQUIRES_ACTION)
       for what, to in ((_H.GIVE_METHOD, _S.REQUIRES_CONFIRMATION), (_H.CHALLENGE, _S.REQUIRES_ACTION),
                        (_H.SUCCEED, _S.SUCCEEDED), (_H.FAIL, _S.REQUIRES_PAYMENT_METHOD),
                        (_H.CANCEL, _S.CANCELED))},
}
OPEN = (Setup.REQUIRES_PAYMENT_METHOD, Setup.REQUIRES_CONFIRMATION, Setup.REQUIRES_ACTION)


def after(status: str, happening: Happening) -> str:
    """The status that follows; raises InvalidRequest `setup_intent_unexpected_state` when there is no row."""
    to = SETUP.get((Setup(status), happening))
    if to is None:
        raise InvalidRequest(f"This SetupIntent cannot {happening} while its status is {status}.",
                             code="setup_intent_unexpected_state")
    return to.value


def require(verb: str, status: str, shape: object = None) -> None:
    """Raise `setup_intent_unexpected_state` unless the intent is still open."""
    if status not in OPEN:
        raise unexpected_state(verb, status, ", ".join(OPEN), code="setup_intent_unexpected_state",
                               noun="SetupIntent", setup_intent=shape)
