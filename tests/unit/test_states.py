"""The lifecycles: every pair of status and happening."""

from itertools import product

import pytest

from backend.errors import InvalidRequest
from backend.payments import states
from backend.payments.rows import Payment
from backend.payments.states import CANCELABLE, CONFIRMABLE, INTENT, Happening, Intent

PAIRS = list(product(Intent, Happening))


@pytest.mark.parametrize(("status", "happening"), PAIRS, ids=lambda value: str(value))
def test_every_pair_leads_where_the_table_says_or_is_refused(status, happening):
    if (status, happening) in INTENT:
        assert states.after(status, happening) == INTENT[status, happening]
        assert isinstance(states.after(str(status), happening), str)
    else:
        with pytest.raises(InvalidRequest) as refusal:
            states.after(status, happening)
        assert refusal.value.code == "payment_intent_unexpected_state"
        assert status in refusal.value.message


def test_an_unknown_status_is_our_mistake():
    with pytest.raises(ValueError, match="paid"):
        states.after("paid", Happening.SEND)


def test_nothing_leaves_the_final_statuses():
    assert not [pair for pair in INTENT if pair[0] in (Intent.SUCCEEDED, Intent.CANCELED)]


def test_nothing_comes_back_to_being_born():
    assert Intent.NONE not in INTENT.values()


def test_every_status_can_be_reached_and_left():
    reached, edge = {Intent.NONE}, {Intent.NONE}
    while edge:
        edge = {to for (status, _), to in INTENT.items() if status in edge} - reached
        reached |= edge
    assert reached == set(Intent)
    finals = {Intent.SUCCEEDED, Intent.CANCELED}
    for status in Intent:
        ends, edge = {status}, {status}
        while edge:
            edge = {to for (at, _), to in INTENT.items() if at in edge} - ends
            ends |= edge
        assert ends & finals


def test_money_is_only_taken_out_of_processing():
    """A payment becomes paid or authorised only after a message was sent, so a recorded attempt stands behind it."""
    assert {status for (status, _), to in INTENT.items() if to in (Intent.SUCCEEDED, Intent.REQUIRES_CAPTURE)} == {
        Intent.PROCESSING}


@pytest.mark.parametrize("status", Intent)
def test_what_may_be_confirmed_can_be_sent_and_what_may_be_cancelled_can_end(status):
    assert ((status, Happening.SEND) in INTENT or status not in CONFIRMABLE)
    if status in CANCELABLE:
        assert (status, Happening.CANCEL) in INTENT or (status, Happening.SEND) in INTENT


@pytest.mark.parametrize("status", Intent)
def test_require_lets_the_allowed_through_and_names_them_otherwise(status):
    row = Payment(**dict.fromkeys(Payment.columns) | {"status": str(status)})
    if status in CONFIRMABLE:
        states.require("confirm", row, CONFIRMABLE)
        return
    with pytest.raises(InvalidRequest) as refusal:
        states.require("confirm", row, CONFIRMABLE, {"id": "pi_1"})
    assert refusal.value.code == "payment_intent_unexpected_state"
    assert f"because it has a status of {status}." in refusal.value.message
    assert all(allowed in refusal.value.message for allowed in CONFIRMABLE)
    assert refusal.value.extra == {"payment_intent": {"id": "pi_1"}}
