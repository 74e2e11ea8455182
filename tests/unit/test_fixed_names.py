"""Names that only the creating call takes are told apart from misspelt ones."""

import pytest

from api import not_yet
from api.app import FIXED
from backend.errors import InvalidRequest


@pytest.mark.parametrize(("param", "says"), [
    ("usage", "You cannot change usage"), ("automatic_payment_methods[enabled]", "You cannot change automatic_payment"),
    ("useage", "?"), ("[", "?"), ("flow_directions", "not supported here yet")])
def test_what_is_said_once_has_a_sentence_of_its_own(param, says):
    error = InvalidRequest("?", code="parameter_unknown", param=param)
    told = not_yet.told(error, "POST", "/v1/setup_intents/{id}", "", FIXED["/v1/setup_intents/{id}"])
    assert says in told.message
    assert (told.code, told.param) == ("parameter_unknown", param)


def test_what_a_later_call_takes_is_not_fixed():
    assert "mandate_data" not in FIXED["/v1/payment_intents/{id}"]
    assert "success_url" in FIXED["/v1/checkout/sessions/{id}"]
