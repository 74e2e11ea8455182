"""What each answer does to each kind of message, without any process: legal steps, and documents that pass the gate."""

import re
from dataclasses import replace
from itertools import product
from typing import Any

import orjson
import pytest

from backend.config import Settings
from backend.context import Context, Environment, Runtime
from backend.customers import verifications
from backend.errors import ApiError, CardError
from backend.exchanges import attempts, engine
from backend.exchanges import rows as messages
from backend.exchanges.rows import Attempt
from backend.networks.link import Broken, NotSent, Refused
from backend.networks.port import Reason
from backend.payments import commits, effects, new_rows, outcomes, shapes, states, steps
from backend.payments import rows as tables
from backend.payments.holds import releases
from backend.payments.rows import Charge, Payment, Refund
from backend.reconciliation.subjects import SUBJECTS
from backend.refunds import outcomes as refund_outcomes
from tests.stack import ROOT

CTX = Context(runtime=Runtime(Settings(), None, None, None, b"-" * 32),
              environment=Environment(1, "acct_1", "Shop"), actor="key", request_id="req_1")
CARD = {"id": "pm_1", "type": "card", "customer_id": None, "detached_at": None, "metadata": {}, "billing_details": {},
        "allow_redisplay": "unspecified", "created_at": "2026-01-01T00:00:00+00:00",
        "card": {"brand": "visa", "last4": "4242", "exp_month": 1, "exp_year": 2040, "funding": "credit"}}
ACCOUNT = CARD | {"type": "us_bank_account", "card": None, "bank": {"last4": "6789", "fingerprint": "f"}}
SAID = {"risk_level": "highest", "response_code": "51", "why": Reason.INSUFFICIENT_FUNDS, "acquirer_ref": "A1"}
OF_CARDS = ("approved", "declined", "unknown", "not_sent", "not_received", "reversed", "blocked")
OF_BANKS = ("approved", "declined", "unknown", "pending", "not_sent", "not_received", "recalled", "blocked")
OF_OPERATIONS = ("approved", "declined", "unknown", "pending", "not_sent", "not_received", "reversed")
OF_REFUNDS = ("approved", "pending", "returned", "declined", "unknown", "not_sent", "not_received", "reversed")
CASES = [
    *product(("authorize", "sale"), ("alder",), OF_CARDS), *product(("sale",), ("bank",), OF_BANKS),
    *product(("capture", "increment", "void"), ("alder",), OF_OPERATIONS)]


def _payment(**more: Any) -> Payment:
    made = new_rows.intent(CTX, {"amount": 1000, "currency": "usd", "metadata": {"a": "b"}})
    return made.changed({"status": "processing", "version": 3, "payment_method_id": "pm_1", **more})


def _attempt(payment: Payment, kind: str, method: dict[str, Any], *, amount: int = 1000, connector: str = "alder",
             original: Attempt | None = None) -> Attempt:
    return steps.new_attempt(CTX, steps.Step(payment, attempts=1, method=method), kind, amount,
                                connector=connector, original=original)


def _held() -> tuple[Payment, Charge, Attempt]:
    """A payment whose authorisation was approved, while an operation on it is under way."""
    payment = _payment()
    won = _attempt(payment, "authorize", CARD)
    effect = outcomes.apply(CTX, payment, won, None, CARD, SAID | {"outcome": "approved"})
    assert effect.charge
    held = payment.changed(effect.payment)
    assert held.status == "requires_capture"
    return replace(held, status="processing"), effect.charge, won


def _passes(payment: Payment, before: Charge | None, attempt: Attempt, effect: effects.Effect) -> None:
    """What is written of it names what the tables have, and each status is one that may follow."""
    doc: dict[str, list[Any]] = {
        **commits.document(CTX, payment, before, effect),
        "settles": [{"id": attempt.id, "check_no": attempt.check_no, "change": effect.attempt}]}
    tables.WRITE.check(doc)
    assert orjson.dumps(doc)
    assert effect.attempt
    assert ("sent", effect.attempt.status) in states.ATTEMPT
    now = payment.changed(effect.payment)
    assert shapes.intent(now, livemode=False)["id"] == payment.id
    if effect.charge:
        assert shapes.charge(effect.charge, now, livemode=False, receipt_url=None)["payment_intent"] == payment.id


@pytest.mark.parametrize(("kind", "connector", "outcome"), CASES)
def test_every_answer_makes_what_can_be_written(kind: str, connector: str, outcome: str) -> None:
    method = ACCOUNT if connector == "bank" else CARD
    payment, charge, original = (_payment(), None, None) if kind in ("authorize", "sale") else _held()
    attempt = _attempt(payment, kind, method, amount=600, connector=connector, original=original)
    answer = SAID | {"outcome": outcome}
    effect = outcomes.apply(CTX, payment, attempt, charge, method, answer)
    _passes(payment, charge, attempt, effect)
    if outcome in ("unknown", "pending"):  # and once more, when it is known
        assert effect.attempt
        assert effect.attempt.status == "unknown"
        effect = outcomes.apply(CTX, payment.changed(effect.payment), attempt, effect.charge or charge, method,
                                SAID | {"outcome": "approved"})
        _passes(payment, charge, attempt, effect)


def test_a_second_try_goes_on_and_a_first_decline_stands() -> None:
    payment = _payment()
    first = _attempt(payment, "sale", CARD)
    declined = SAID | {"outcome": "declined"}
    effect = outcomes.going_on(outcomes.apply(CTX, payment, first, None, CARD, declined))
    _passes(payment, None, first, effect)
    then = payment.changed(effect.payment)
    second = _attempt(then, "sale", CARD, connector="birch")
    last = outcomes.apply(CTX, then, second, None, CARD, {"outcome": "not_sent", "reason": "away"}, declined)
    _passes(then, None, second, last)
    assert then.changed(last.payment).last_payment_error["decline_code"] == "insufficient_funds"


def test_a_void_ends_the_refund_that_asked_for_it() -> None:
    """Also one that a process of the release before asked for, which did not know of every column."""
    payment, charge, original = _held()
    asked = releases.requested(CTX, payment, charge, {})
    former = {name: value for name, value in vars(asked).items() if value is not None and name != "released"}
    for kept in (vars(asked), former):
        void = replace(_attempt(payment, "void", CARD, original=original), asked={"refund": kept}, answers="refund")
        for outcome, status in (("approved", "succeeded"), ("declined", "failed")):
            effect = outcomes.apply(CTX, payment, void, charge, CARD, SAID | {"outcome": outcome})
            _passes(payment, charge, void, effect)
            assert effect.refund
            assert shapes.refund(effect.refund)["status"] == status


@pytest.mark.parametrize("outcome", OF_REFUNDS)
def test_every_answer_to_a_refund_makes_what_can_be_written(outcome: str) -> None:
    payment, charge, _ = _held()
    payment, charge = replace(payment, status="succeeded", captured=1000), replace(charge, amount_captured=1000)
    refund = replace(releases.row(CTX, payment, charge, 400, status="pending"), released=False)
    effect = refund_outcomes.apply(CTX, payment, charge, refund, SAID | {"outcome": outcome}, "2026-01-01T00:00:00Z", 0)
    _refund_passes(payment, charge, refund, effect)
    if outcome in ("unknown", "pending"):
        assert effect.attempt
        assert (effect.attempt.status, effect.gives_back, effect.entries) == ("unknown", 0, [])
    if outcome == "approved":
        after = effect.refund
        assert effect.charge
        assert after
        back = refund_outcomes.came_back(CTX, effect.charge, after, SAID | {"outcome": "returned"}, 0)
        _refund_passes(payment, effect.charge, after, back)
        assert back.charge
        assert back.charge.amount_refunded == 0


def _refund_passes(payment: Payment, charge: Charge, refund: Refund, effect: effects.Effect) -> None:
    tables.WRITE.check({
        **commits.document(CTX, payment, charge, effect),
        "settles": [{"id": "1", "check_no": 0, "change": effect.attempt}] if effect.attempt else []})
    after = effect.refund
    assert after
    assert after.status == refund.status or (refund.status, after.status) in states.REFUND
    assert shapes.refund(after)["id"] == refund.id


NOT_SENT_YET = {"payout"}


def test_every_kind_of_message_has_a_subject() -> None:
    schema = (ROOT / "backend" / "migrations" / "schema.sql").read_text()
    listed = re.search(r"CONSTRAINT attempt_kind_check CHECK \(\(kind = ANY \(ARRAY\[(.*?)\]", schema)
    assert listed
    assert set(re.findall(r"'(\w+)'", listed[1])) - NOT_SENT_YET == SUBJECTS.keys()


@pytest.mark.parametrize(("outcome", "status", "error"), [
    ("approved", "approved", None), ("declined", "declined", CardError), ("unknown", "unknown", ApiError),
    ("not_sent", "failed", ApiError), ("not_received", "failed", ApiError), ("reversed", "reversed", ApiError)])
def test_every_answer_about_a_card_ends_its_question(outcome: str, status: str, error: type[Exception] | None) -> None:
    step = verifications.Step(CARD)
    attempt = attempts.new(CTX, "pm_1", "verify", 1, connector="alder", amount=0, currency="usd", payment_id=None,
                           charge_id=None, payment_method_id="pm_1")
    effect = step.effect(CTX, attempt, SAID | {"outcome": outcome, "cvc_check": "pass"})
    assert effect.attempt
    assert effect.then
    messages.WRITE.check({"attempts": [attempt], "settles": [
        {"id": attempt.id, "check_no": attempt.check_no, "change": effect.attempt}]})
    assert (effect.attempt.status, type(effect.error)) == (status, error or type(None))
    assert ("sent", status) in states.ATTEMPT
    assert engine.is_retry(effect.error) is (error is ApiError)
    effect.then()
    assert (step.checks or {})["cvc_check"] == "pass"


class Line:
    """A vault that says this."""

    def __init__(self, says: dict[str, Any] | Exception) -> None:
        self.says = says

    async def call(self, *_: object, **__: object) -> dict[str, Any]:
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.mark.parametrize(("says", "outcome"), [
    ({"outcome": "approved"}, "approved"), ({"outcome": "blocked"}, "blocked"), ({"outcome": "partly"}, "unknown"),
    ({}, "unknown"), (NotSent("away"), "not_sent"), (Broken("silent"), "unknown"),
    (Refused("parameter_invalid", "No."), "not_sent"), (Refused("vault_error", "Broke."), "unknown"),
    (Refused("parameter_missing", "Missing 'why'."), "unknown")], ids=str)
async def test_only_what_surely_never_left_was_not_sent(says: Any, outcome: str) -> None:
    """A word of a later release, and a field that a vault missed, before it sent the message or after, say nothing."""
    ctx = replace(CTX, runtime=replace(CTX.runtime, link=Line(says)))
    attempt = attempts.new(ctx, "pm_1", "verify", 1, connector="alder", amount=0, currency="usd", payment_id=None,
                           charge_id=None, payment_method_id="pm_1")
    assert (await engine.send(ctx, verifications.Step(CARD), attempt))["outcome"] == outcome
