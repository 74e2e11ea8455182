"""The lifecycles: every pair of status and happening, and the database's own list of the same steps."""

from itertools import product

import psycopg
import pytest

from backend.errors import InvalidRequest
from backend.payments import states
from backend.payments.states import ATTEMPT, AUTHENTICATION, CANCELABLE, CHARGE, CONFIRMABLE, INTENT, Happening, Intent

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
    row = {"status": str(status)}
    if status in CONFIRMABLE:
        states.require("confirm", row, CONFIRMABLE)
        return
    with pytest.raises(InvalidRequest) as refusal:
        states.require("confirm", row, CONFIRMABLE, {"id": "pi_1"})
    assert refusal.value.code == "payment_intent_unexpected_state"
    assert f"because it has a status of {status}." in refusal.value.message
    assert all(allowed in refusal.value.message for allowed in CONFIRMABLE)
    assert refusal.value.extra == {"payment_intent": {"id": "pi_1"}}


def test_the_database_knows_the_same_steps(postgres):
    with psycopg.connect(postgres.urls.owner) as link:
        rows = link.execute("SELECT entity, from_s, to_s FROM pay.transition").fetchall()

    def steps(entity):
        return {(before, after) for name, before, after in rows if name == entity}

    moves = {(str(before), str(after)) for (before, _), after in INTENT.items() if str(before) != str(after)}
    assert steps("payment") == moves
    assert steps("attempt") == ATTEMPT
    assert steps("charge") == CHARGE
    assert steps("authentication") == AUTHENTICATION


def test_the_columns_take_exactly_these_statuses(postgres):
    query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'"
    expected = {"pay.payment": {str(status) for status in Intent} - {"none"},
                "pay.attempt": {to for _, to in ATTEMPT}, "pay.charge": {to for _, to in CHARGE},
                "pay.authentication": {to for _, to in AUTHENTICATION}}
    with psycopg.connect(postgres.urls.owner) as link:
        for table, statuses in expected.items():
            checks = [row[0] for row in link.execute(query, (table,)) if row[0].startswith("CHECK ((status = ANY")]
            assert len(checks) == 1
            assert set(checks[0].split("'")[1::2]) == statuses
