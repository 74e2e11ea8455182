"""What is wrong only at this moment is told apart from what is wrong."""

import pytest

from backend import errors
from backend.requests import answers


@pytest.mark.parametrize(("error", "status"), [
    (errors.Conflict("a twin", code="idempotency_key_in_use"), 409), (errors.Locked("PaymentIntent"), 429),
    (errors.TooMany("often"), 429), (errors.RateLimited("more than it may", headers={}), 429)])
def test_what_may_be_sent_again_is_no_mistake_of_the_sender(error: errors.FarthingError, status: int) -> None:
    assert isinstance(error, errors.Transient)
    assert not isinstance(error, errors.InvalidRequest)
    assert (answers.status(error), error.type) == (status, "invalid_request_error")
