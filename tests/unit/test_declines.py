"""Each response code of the issuer becomes the contract's code and decline code."""

import pytest

from backend.networks import declines


@pytest.mark.parametrize(("response_code", "code", "decline_code"), [
    ("05", "card_declined", "generic_decline"), ("51", "card_declined", "insufficient_funds"),
    ("41", "card_declined", "lost_card"), ("43", "card_declined", "stolen_card"),
    ("65", "card_declined", "card_velocity_exceeded"), ("54", "expired_card", None), ("82", "incorrect_cvc", None),
    ("06", "processing_error", None), ("14", "incorrect_number", None), ("59", "card_declined", "fraudulent"),
    ("57", "card_declined", "transaction_not_allowed"), ("61", "card_declined", "withdrawal_count_limit_exceeded"),
    ("1A", "authentication_required", "authentication_required"), ("94", "card_declined", "duplicate_transaction"),
    ("13", "card_declined", "invalid_amount"), ("N0", "card_declined", "testmode_decline"),
])
def test_a_response_code_becomes_the_contracts_words(response_code: str, code: str, decline_code: str | None) -> None:
    decline = declines.explain(response_code)
    assert (decline.code, decline.decline_code, decline.network_decline_code) == (code, decline_code, response_code)
    assert decline.message.startswith(("Your", "An error"))


@pytest.mark.parametrize("strange", ["ZZ", "", None])
def test_an_unknown_code_is_a_soft_generic_decline(strange: str | None) -> None:
    decline = declines.explain(strange)
    assert (decline.decline_code, decline.hard) == ("generic_decline", False)


def test_codes_that_mean_a_broken_acquirer_are_no_declines() -> None:
    assert not {"00", "91", "96"} & declines.known()


def test_a_lost_card_is_hard_and_an_empty_one_is_soft() -> None:
    assert declines.explain("41").hard
    assert not declines.explain("51").hard
