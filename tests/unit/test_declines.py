"""Each response code of a network becomes a reason of ours, and each reason the contract's words."""

from types import SimpleNamespace
from typing import Any

import pytest

from backend.networks import bank, declines, iso8583
from backend.networks.port import Reason
from backend.payments import reports


@pytest.mark.parametrize(("response_code", "code", "decline_code"), [
    ("05", "card_declined", "generic_decline"), ("51", "card_declined", "insufficient_funds"),
    ("41", "card_declined", "lost_card"), ("43", "card_declined", "stolen_card"),
    ("65", "card_declined", "card_velocity_exceeded"), ("54", "expired_card", None), ("82", "incorrect_cvc", None),
    ("06", "processing_error", None), ("14", "incorrect_number", None), ("59", "card_declined", "fraudulent"),
    ("57", "card_declined", "transaction_not_allowed"), ("61", "card_declined", "withdrawal_count_limit_exceeded"),
    ("1A", "authentication_required", "authentication_required"), ("94", "card_declined", "duplicate_transaction"),
    ("13", "card_declined", "invalid_amount"), ("N0", "card_declined", "testmode_decline"),
    ("01", "card_declined", "call_issuer"), ("04", "card_declined", "pickup_card"),
    ("12", "card_declined", "transaction_not_allowed"), ("19", "card_declined", "reenter_transaction"),
    ("62", "card_declined", "restricted_card"), ("92", "card_declined", "issuer_not_available"),
])
def test_a_response_code_becomes_the_contracts_words(response_code: str, code: str, decline_code: str | None) -> None:
    decline = declines.explain(iso8583.REASONS[response_code], response_code)
    assert (decline.code, decline.decline_code, decline.network_decline_code) == (code, decline_code, response_code)
    assert decline.message.startswith(("Your", "An error"))


@pytest.mark.parametrize(("response_code", "code"), [
    ("AC01", "no_account"), ("AC04", "account_closed"), ("AC06", "tokenized_account_number_deactivated"),
    ("AM03", "invalid_currency"), ("AM04", "insufficient_funds"), ("AM14", "charge_exceeds_source_limit"),
    ("AM21", "charge_exceeds_weekly_limit"), ("MD01", "debit_not_authorized"), ("MS03", "generic_could_not_process"),
])
def test_a_banks_reason_becomes_the_contracts_words(response_code: str, code: str) -> None:
    decline = declines.explain(bank.REASONS[response_code], response_code, debit=True)
    assert (decline.code, decline.decline_code, decline.network_decline_code) == (code, None, response_code)


@pytest.mark.parametrize("why", [Reason.OTHER, "of tomorrow", None])
def test_what_cannot_be_named_is_a_soft_generic_decline(why: str | None) -> None:
    decline = declines.explain(why, "ZZ")
    assert (decline.decline_code, decline.hard, decline.network_decline_code) == ("generic_decline", False, "ZZ")
    assert declines.explain(why, "ZZ", debit=True).code == "generic_could_not_process"


def test_codes_that_mean_a_broken_acquirer_are_no_declines() -> None:
    assert not {"00", "91", "96"} & iso8583.REASONS.keys()


def test_whatever_a_connector_names_has_words() -> None:
    assert set(iso8583.REASONS.values()) <= declines.CARDS.keys()
    assert set(bank.REASONS.values()) <= declines.DEBITS.keys()
    assert set(Reason) == declines.CARDS.keys() | declines.DEBITS.keys()


def test_a_lost_card_is_hard_and_an_empty_one_is_soft() -> None:
    assert declines.explain(Reason.LOST_CARD).hard
    assert not declines.explain(Reason.INSUFFICIENT_FUNDS).hard


@pytest.mark.parametrize(("connector", "answer", "code"), [
    ("alder", {"why": "lost_card", "code": "card_declined"}, "lost_card"),
    ("alder", {"why": "incorrect_cvc"}, "incorrect_cvc"),
    ("bank", {"why": "account_closed", "code": "card_declined", "decline_code": "generic_decline"}, "account_closed"),
    ("bank", {"why": "of tomorrow"}, "generic_could_not_process"),
    ("alder", {"code": "card_declined", "decline_code": "stolen_card"}, "stolen_card"),
    ("alder", {"code": "expired_card"}, "expired_card"), ("alder", None, None)])
def test_a_message_that_was_declined_is_explained_by_who_declined_it(connector: str, answer: Any, code: str) -> None:
    told: Any = SimpleNamespace(connector=connector, answer=answer, status="declined")
    assert reports.refusal(told) == code
    told.status = "approved"
    assert reports.refusal(told) is None
