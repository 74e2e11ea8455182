"""Refunds with the official Python library, as a merchant makes them, against the running stack."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
import stripe
from stripe._refund import Refund

from tests import books
from tests.conformance.clients import aside, client, http
from tests.stack import Stack

SEED = 30
PAYMENTS, RACERS = 50, 20


@pytest.fixture(scope="module")
def api(stack: Stack) -> Any:
    return client(stack).v1


def pay(api: Any, amount: int = 2000, **params: Any) -> Any:
    return api.payment_intents.create({"amount": amount, "currency": "usd", "payment_method": "pm_card_visa",
                                       "confirm": True, **params})


def refused(call: Callable[[], Any]) -> tuple[int, str | None, str]:
    with pytest.raises(stripe.InvalidRequestError) as error:
        call()
    return error.value.http_status, error.value.code, str(error.value.user_message)


def test_a_refund_is_created_read_changed_and_listed(api):
    intent = pay(api)
    made = api.refunds.create({"payment_intent": intent.id, "amount": 500, "reason": "requested_by_customer",
                               "metadata": {"order": "7"}})
    assert isinstance(made, Refund)
    assert (made.object, made.status, made.amount, made.currency) == ("refund", "succeeded", 500, "usd")
    assert (made.charge, made.payment_intent, made.reason) == (intent.latest_charge, intent.id, "requested_by_customer")
    assert made.destination_details.card.type == "refund"
    unsaid = {"description", "failure_balance_transaction", "failure_reason", "instructions_email", "next_action",
              "pending_reason", "presentment_details"}  # the official fields that are missing until there is a value
    assert set(Refund.__annotations__) - {"deleted", "OBJECT_NAME"} - unsaid <= set(made.to_dict())
    assert not unsaid & set(made.to_dict())
    charge = api.charges.retrieve(intent.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (500, False)
    rest = api.refunds.create({"charge": intent.latest_charge})
    assert (rest.amount, rest.status) == (1500, "succeeded")
    charge = api.charges.retrieve(intent.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (2000, True)
    assert api.payment_intents.retrieve(intent.id).status == "succeeded"
    changed = api.refunds.update(made.id, {"metadata": {"order": "", "note": "kind"}})
    assert changed.metadata.to_dict() == {"note": "kind"}
    assert api.refunds.retrieve(made.id).to_dict() == changed.to_dict()
    for by in ({"payment_intent": intent.id}, {"charge": intent.latest_charge}):
        assert [one.id for one in api.refunds.list(by).data] == [rest.id, made.id]
    first = api.refunds.list({"payment_intent": intent.id, "limit": 1})
    assert first.has_more
    assert [one.id for one in api.refunds.list({"payment_intent": intent.id, "starting_after": rest.id}).data] == [
        made.id]
    assert api.refunds.list({"charge": intent.latest_charge, "created": {"lt": 1_000_000_000}}).data == []
    assert len(api.refunds.list({"charge": intent.latest_charge, "created": {"gte": made.created}}).data) == 2


def test_a_refund_tells_its_story_in_events(api):
    intent = pay(api)
    made = api.refunds.create({"payment_intent": intent.id})
    told = [event for event in api.events.list({"limit": 100}).data
            if event.data.object.id in (made.id, intent.latest_charge)]
    assert Counter(event.type for event in told) == {
        "charge.succeeded": 1, "refund.created": 1, "charge.refunded": 1, "refund.updated": 1,
        "charge.refund.updated": 1}
    updated = next(event for event in told if event.type == "refund.updated")
    assert updated.data.previous_attributes["status"] == "pending"


def test_what_cannot_be_refunded_is_refused(api):
    intent = pay(api)
    assert refused(lambda: api.refunds.create({"amount": 1}))[:2] == (400, "parameter_missing")
    assert refused(lambda: api.refunds.create({"payment_intent": "pi_no"}))[:2] == (400, "resource_missing")
    assert refused(lambda: api.refunds.create({"charge": "ch_no"}))[:2] == (400, "resource_missing")
    assert refused(lambda: api.refunds.retrieve("re_no"))[:2] == (404, "resource_missing")
    for amount in ("0", "-1", "1.5", "1e3", "+100", "NaN", "true", str(2**63)):
        status, code, _ = refused(lambda amount=amount: api.refunds.create({"payment_intent": intent.id,
                                                                            "amount": amount}))
        assert (status, code) == (400, "parameter_invalid_integer"), amount
    assert refused(lambda: api.refunds.create({"payment_intent": intent.id, "amount": ""}))[1] == \
        "parameter_invalid_empty"
    assert refused(lambda: api.refunds.create({"payment_intent": intent.id, "reason": "bored"}))[:2] == (
        400, "parameter_invalid_enum")
    api.refunds.create({"payment_intent": intent.id, "amount": 600})
    status, code, message = refused(lambda: api.refunds.create({"payment_intent": intent.id, "amount": 1401}))
    assert (status, code) == (400, "amount_too_large")
    assert "1400" in message
    done = api.refunds.create({"payment_intent": intent.id})
    status, code, message = refused(lambda: api.refunds.create({"payment_intent": intent.id}))
    assert (status, code) == (400, "charge_already_refunded")
    assert refused(lambda: api.refunds.cancel(done.id))[:2] == (400, "status_transition_invalid")
    held = pay(api, capture_method="manual")
    for by in ({"payment_intent": held.id}, {"charge": held.latest_charge}):
        assert refused(lambda by=by: api.refunds.create(by))[:2] == (400, "charge_not_refundable")
    empty = api.payment_intents.create({"amount": 500, "currency": "usd"})
    assert refused(lambda: api.refunds.create({"payment_intent": empty.id}))[:2] == (400, "charge_not_refundable")


def test_a_partly_captured_payment_gives_back_what_was_captured(api):
    held = pay(api, amount=5000, capture_method="manual")
    api.payment_intents.capture(held.id, {"amount_to_capture": 1234})
    assert refused(lambda: api.refunds.create({"payment_intent": held.id, "amount": 1235}))[1] == "amount_too_large"
    assert api.refunds.create({"payment_intent": held.id}).amount == 1234
    assert api.charges.retrieve(held.latest_charge).refunded is True


def test_the_same_key_refunds_once_and_gets_the_same_bytes(stack, api):
    intent = pay(api)
    with http(stack) as plain, ThreadPoolExecutor(16) as pool:
        def ask(_: int) -> Any:
            return plain.post("/v1/refunds", data={"payment_intent": intent.id, "amount": "700"},
                              headers={"Idempotency-Key": f"refund-{intent.id}"})

        replies = [*pool.map(ask, range(16)), ask(0)]
        other = plain.post("/v1/refunds", data={"payment_intent": intent.id, "amount": "701"},
                           headers={"Idempotency-Key": f"refund-{intent.id}"})
        whole = [plain.post("/v1/refunds", data={"payment_intent": intent.id},
                            headers={"Idempotency-Key": f"rest-{intent.id}"}) for _ in range(2)]
    assert {(reply.status_code, reply.content) for reply in replies} == {(200, replies[0].content)}
    assert sum("idempotent-replayed" not in reply.headers for reply in replies) == 1
    assert other.json()["error"]["type"] == "idempotency_error"
    assert whole[0].content == whole[1].content  # although nothing is left to refund by now
    assert api.charges.retrieve(intent.latest_charge).amount_refunded == 2000


def _refund(api: Any, intent: Any, form: dict[str, Any]) -> tuple[int, int]:
    """(HTTP status, minor units given back)"""
    try:
        return 200, api.refunds.create({"payment_intent": intent.id, **form}).amount
    except stripe.StripeError as error:
        return error.http_status, 0


async def _broken(stack: Stack) -> list[str]:
    return await books.violations(stack)


def test_racing_refunds_never_exceed_what_was_captured(stack, api):
    chance, began = Random(SEED), time.monotonic()
    intents = [pay(api, amount=1000) for _ in range(PAYMENTS)]
    forms = ["", "0", "-5", "300", "600", "1000", "50", "999"]
    asked = [(intent, form) for intent in intents for form in chance.choices(forms, k=RACERS)]
    chance.shuffle(asked)
    with ThreadPoolExecutor(RACERS) as pool:
        answers = list(pool.map(lambda one: (one[0].id, *_refund(api, one[0], {"amount": one[1]} if one[1] else {})),
                                asked))
    given: Counter[str] = Counter()
    for id, _, amount in answers:
        given[id] += amount
    told = Counter(status for _, status, _ in answers)
    print(f"\nseed {SEED}: {PAYMENTS} payments x {RACERS} refunds, {dict(told)}, most given back "
          f"{max(given.values())}, {time.monotonic() - began:.1f} s")
    assert set(told) == {200, 400}
    assert max(given.values()) <= 1000
    for intent in intents:
        assert api.charges.retrieve(intent.latest_charge).amount_refunded == given[intent.id]
    assert books.charged(books.journal(stack)) == books.booked(stack)
    assert aside(_broken(stack)) == []
