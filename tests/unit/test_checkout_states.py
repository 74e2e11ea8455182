"""The lifecycle of a checkout session, every pair of it."""

from itertools import product

import pytest

from backend.checkout_sessions.states import TABLE, Happening, Status, after, payment_status
from backend.errors import InvalidRequest


@pytest.mark.parametrize(("status", "happening"), list(product(Status, Happening)))
def test_every_pair_either_has_a_row_or_is_refused(status: Status, happening: Happening) -> None:
    if (status, happening) in TABLE:
        assert after(status.value, happening) == TABLE[status, happening].value
    else:
        with pytest.raises(InvalidRequest) as refused:
            after(status.value, happening)
        assert refused.value.code == "status_transition_invalid"


def test_nothing_leaves_a_closed_session() -> None:
    assert not [pair for pair in TABLE if pair[0] in (Status.COMPLETE, Status.EXPIRED)]


@pytest.mark.parametrize(("intent", "said"), [("succeeded", "paid"), ("requires_capture", "unpaid"),
                                             ("processing", "unpaid")])
def test_a_session_is_paid_only_when_the_money_was_taken(intent: str, said: str) -> None:
    assert payment_status("payment", intent) == said
    assert payment_status("setup", intent) == "no_payment_required"
