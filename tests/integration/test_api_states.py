"""The lifecycles of backend/payments/states.py and the database's own list of the same steps are one."""

import psycopg

from backend.payments.states import ATTEMPT, AUTHENTICATION, CHARGE, INTENT, REFUND, Intent
from backend.setups.states import SETUP


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
    assert steps("refund") == REFUND
    assert steps("setup_intent") == {(str(before), str(after)) for (before, _), after in SETUP.items()
                                     if str(before) != str(after)}


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
