"""The lifecycle of a setup intent, every pair of it."""

from itertools import product

import pytest

from backend.errors import InvalidRequest
from backend.setups.states import OPEN, SETUP, Happening, Setup, after, require


@pytest.mark.parametrize(("status", "happening"), list(product(Setup, Happening)))
def test_every_pair_either_has_a_row_or_is_refused(status: Setup, happening: Happening) -> None:
    if (status, happening) in SETUP:
        assert after(status.value, happening) == SETUP[status, happening].value
    else:
        with pytest.raises(InvalidRequest) as refused:
            after(status.value, happening)
        assert refused.value.code == "setup_intent_unexpected_state"


def test_nothing_leaves_the_final_statuses_and_nothing_is_born_twice() -> None:
    assert not [pair for pair in SETUP if pair[0] in (Setup.SUCCEEDED, Setup.CANCELED)]
    assert Setup.NONE not in SETUP.values()
    assert set(SETUP.values()) == set(Setup) - {Setup.NONE}


@pytest.mark.parametrize("status", list(Setup))
def test_only_an_open_setup_may_be_worked_on(status: Setup) -> None:
    if status in OPEN:
        require("confirm", status)
    else:
        with pytest.raises(InvalidRequest, match="You cannot confirm this SetupIntent"):
            require("confirm", status)
