"""Disputes and early fraud warnings by their test cards and accounts, driven with the official client."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from backend.cards.test_cards import TEST_CARDS
from backend.payments import scenarios
from tests.conformance import clients
from tests.stack import Stack

SECONDS = 40.0
# section 4: card, then for each dispute reason, status, what it is eligible for
ROWS = """
createDispute fraudulent needs_response - · createDisputeProductNotReceived product_not_received needs_response -
createDisputeInquiry fraudulent warning_needs_response -
createCe3EligibleDispute fraudulent needs_response visa_compelling_evidence_3
createComplianceDispute noncompliant needs_response visa_compliance
createMastercardComplianceDispute noncompliant needs_response mastercard_compliance
createAutoRepresentmentEligibleDispute fraudulent needs_response -
createRapidDisputeResolutionDispute fraudulent needs_response - · createCe3BlockDispute fraudulent needs_response -
createEthocaAlert fraudulent needs_response -
"""


@pytest.fixture(scope="module")
def v1(stack: Stack) -> Any:
    return clients.client(stack).v1


def pay(v1: Any, card: str, **more: Any) -> Any:
    return v1.payment_intents.create({"amount": 2001, "currency": "usd", "payment_method": card, "confirm": True,
                                      **more})


def soon(ask: Callable[[], list[Any]], count: int = 1) -> list[Any]:
    """What a debit brings, whose bank decides later."""
    until = time.monotonic() + SECONDS
    while len(found := ask()) < count:
        assert time.monotonic() < until, f"{len(found)} of {count} came"
        time.sleep(0.1)
    return found


def at_once(ask: Callable[[], list[Any]], count: int = 1) -> list[Any]:
    """What a payment brings is there when its answer is there: nobody waits for it."""
    found = ask()
    assert len(found) == count
    return found


@pytest.mark.parametrize(("card", "reason", "status", "eligible"),
                         [row.split() for line in ROWS.strip().splitlines() for row in line.split(" · ")])
def test_section_4_a_dispute_opens_after_the_charge(v1: Any, card: str, reason: str, status: str,
                                                    eligible: str) -> None:
    paid = pay(v1, f"pm_card_{card}")
    assert paid.status == "succeeded"
    dispute, = at_once(lambda: v1.disputes.list({"payment_intent": paid.id}).data)
    assert (dispute.reason, dispute.status, dispute.amount, dispute.currency) == (reason, status, 2001, "usd")
    assert dispute.enhanced_eligibility_types == ([] if eligible == "-" else [eligible])
    assert (dispute.balance_transactions, dispute.is_charge_refundable) == ([], "warning" in status)
    charge = v1.charges.retrieve(paid.latest_charge)
    assert (charge.id, charge.disputed) == (dispute.charge, True)
    events = v1.events.list({"type": "charge.dispute.created", "limit": 100}).data
    assert [event.data.object["id"] for event in events].count(dispute.id) == 1


def test_section_4_several_disputes_share_the_amount(v1: Any) -> None:
    paid = pay(v1, "pm_card_createMultipleDisputes")
    found = at_once(lambda: v1.disputes.list({"charge": paid.latest_charge}).data, 2)
    assert sorted(one.amount for one in found) == [1000, 1001]


def test_section_4_an_issuer_warns_of_fraud(v1: Any) -> None:
    paid = pay(v1, "pm_card_createIssuerFraudRecord")
    warning, = at_once(lambda: v1.radar.early_fraud_warnings.list({"charge": paid.latest_charge}).data)
    assert (warning.actionable, warning.payment_intent) == (True, paid.id)
    assert v1.radar.early_fraud_warnings.retrieve(warning.id).fraud_type == "made_with_stolen_card"
    assert v1.charges.retrieve(paid.latest_charge).disputed is False
    assert v1.disputes.list({"charge": paid.latest_charge}).data == []


@pytest.mark.parametrize(("card", "disputed"), [("createDispute", False),
                                                ("createDisputeProductNotReceived", True)])
def test_section_4_authentication_protects_from_fraud_only(v1: Any, card: str, disputed: bool) -> None:
    paid = pay(v1, f"pm_card_{card}", payment_method_options={"card": {"request_three_d_secure": "any"}})
    charge = v1.charges.retrieve(paid.latest_charge)
    assert charge.payment_method_details.card.three_d_secure.result == "attempt_acknowledged"
    assert (charge.disputed, bool(v1.disputes.list({"charge": charge.id}).data)) == (disputed, disputed)


def test_a_charge_is_disputed_once_it_is_captured(v1: Any) -> None:
    held = pay(v1, "pm_card_createDispute", capture_method="manual")
    assert v1.disputes.list({"payment_intent": held.id}).data == []
    v1.payment_intents.capture(held.id, {"amount_to_capture": 900})
    dispute, = at_once(lambda: v1.disputes.list({"payment_intent": held.id}).data)
    assert dispute.amount == 900


@pytest.mark.parametrize("name", ["pm_usBankAccount_dispute", "pm_sepaDebit_disputed_fr"])
def test_sections_7_and_8_a_debit_is_disputed_after_it_succeeded(v1: Any, name: str) -> None:
    kind, currency = ("us_bank_account", "usd") if "usBank" in name else ("sepa_debit", "eur")
    paid = pay(v1, name, currency=currency, payment_method_types=[kind],
               mandate_data={"customer_acceptance": {"type": "offline", "offline": {}}})
    dispute, = soon(lambda: v1.disputes.list({"payment_intent": paid.id}).data)
    assert (dispute.reason, dispute.status) == ("debit_not_authorized", "needs_response")


def test_a_disputed_charge_cannot_be_refunded_but_an_inquiry_can(v1: Any) -> None:
    paid, asked = pay(v1, "pm_card_createDispute"), pay(v1, "pm_card_createDisputeInquiry")
    at_once(lambda: v1.disputes.list({"payment_intent": paid.id}).data)
    at_once(lambda: v1.disputes.list({"payment_intent": asked.id}).data)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        v1.refunds.create({"payment_intent": paid.id})
    assert (refused.value.http_status, refused.value.code) == (400, "charge_disputed")
    assert v1.refunds.create({"payment_intent": asked.id}).status == "succeeded"


def test_evidence_is_kept_and_handed_in_once(v1: Any) -> None:
    paid = pay(v1, "pm_card_createDispute")
    dispute, = at_once(lambda: v1.disputes.list({"payment_intent": paid.id}).data)
    draft = v1.disputes.update(dispute.id, {"evidence": {"customer_name": "Ada"}, "submit": False,
                                            "metadata": {"case": "7"}})
    assert (draft.status, draft.evidence_details.has_evidence, draft.metadata["case"]) == ("needs_response", True, "7")
    sent = v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "It was delivered."}})
    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    assert (sent.evidence.customer_name, sent.evidence.uncategorized_text) == ("Ada", "It was delivered.")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        v1.disputes.update(dispute.id, {"evidence": {"customer_name": "Bob"}})
    assert (refused.value.code, refused.value.param) == ("dispute_evidence_submitted", "evidence")
    assert v1.disputes.update(dispute.id, {"metadata": {"case": "8"}}).metadata["case"] == "8"
    with pytest.raises(stripe.InvalidRequestError, match="No such dispute"):
        v1.disputes.retrieve("dp_0")


def test_no_other_test_card_is_disputed() -> None:
    from backend.cards import numbers

    hit = {number for number in TEST_CARDS
           if scenarios.of({"type": "card", "card": {"brand": numbers.brand(number).name, "last4": number[-4:]}})}
    assert len(hit) == 12, "two test cards share brand and last four digits"
